"""One small workflow file for each node type: shown on its help page, held to load and check clean by a test."""

BRANCH = """\
format: 1
name: example-branch
inputs:
  level: {type: integer, default: 120}
nodes:
  reading:
    type: data.set
    params: {values: {level: "{{ run.inputs.level }}"}}
  compare:
    type: branch
    params:
      cases:
        - {name: high, when: "steps.reading.output.level > 100"}
  alarm:
    type: data.template
    params: {text: "{{ steps.reading.output.level }} is too high"}
edges:
  - reading.output -> compare.input
  - compare.high -> alarm.input
outputs: {alarm: "{{ steps.alarm.output }}"}
"""

MERGE = """\
format: 1
name: example-merge
nodes:
  left:
    type: data.set
    params: {values: {side: left}}
  right:
    type: data.set
    params: {values: {side: right}}
  both:
    type: merge
    params: {policy: all}
edges:
  - left.output -> both.input
  - right.output -> both.input
outputs: {sides: "{{ steps.both.output }}"}
"""

LOOP = """\
format: 1
name: example-loop
nodes:
  first:
    type: data.set
    params: {values: {n: 0}}
  count:
    type: loop
    params: {until: steps.next.output.n >= 3, limit: 10}
  next:
    type: data.set
    params: {values: {n: "{{ input.last.n + 1 }}"}}
edges:
  - first.output -> count.start
  - count.body -> next.last
  - next.output -> count.again
outputs: {n: "{{ steps.count.output.n }}"}
"""

STOP = """\
format: 1
name: example-stop
inputs:
  rows: {type: array, default: []}
nodes:
  read:
    type: data.set
    params: {values: {rows: "{{ run.inputs.rows }}"}}
  empty:
    type: branch
    params:
      cases:
        - {name: nothing, when: size(steps.read.output.rows) == 0}
  end:
    type: stop
    params: {outcome: completed, message: There was nothing to do.}
edges:
  - read.output -> empty.input
  - empty.nothing -> end.input
"""

SUBWORKFLOW = """\
format: 1
name: example-subworkflow
nodes:
  inner:
    type: subworkflow
    params: {workflow: example-branch, inputs: {level: 130}}
outputs: {alarm: "{{ steps.inner.output.alarm }}"}
"""

EACH = """\
format: 1
name: example-each
nodes:
  all:
    type: each
    params:
      workflow: example-branch
      items: [90, 110, 130]
      inputs: {level: "{{ item }}"}
      concurrency: 2
outputs: {alarms: "{{ steps.all.output }}"}
"""

SET = """\
format: 1
name: example-set
inputs:
  celsius: {type: number, default: 21.5}
nodes:
  reading:
    type: data.set
    params: {values: {celsius: "{{ run.inputs.celsius }}", unit: C}}
outputs: {reading: "{{ steps.reading.output }}"}
"""

TEMPLATE = """\
format: 1
name: example-template
inputs:
  machine: {type: string, default: PUMP-12}
nodes:
  line:
    type: data.template
    params: {text: "Please look at {{ run.inputs.machine }} today."}
outputs: {line: "{{ steps.line.output }}"}
"""

WAIT = """\
format: 1
name: example-wait
nodes:
  pause:
    type: wait
    params: {seconds: 2}
  after:
    type: data.template
    params: {text: Two seconds later.}
edges:
  - pause.output -> after.input
outputs: {line: "{{ steps.after.output }}"}
"""

PICK = """\
format: 1
name: example-pick
nodes:
  newest:
    type: data.pick
    params:
      rows:
        - {machine: PUMP-12, day: 1, state: open}
        - {machine: FAN-41, day: 2, state: closed}
        - {machine: PUMP-14, day: 3, state: open}
      where: {state: open}
      sort: day
      descending: true
      limit: 1
outputs: {machine: "{{ steps.newest.output.machine }}"}
"""

GATE = """\
format: 1
name: example-gate
nodes:
  order:
    type: data.set
    params: {values: {part: BRG-A, count: 2}}
  approve:
    type: gate
    params:
      headline: "Order {{ steps.order.output.count }} of {{ steps.order.output.part }}?"
      risk: medium
      editable: [count]
      deadline_s: 900
  placed:
    type: data.set
    params: {values: {order: "{{ steps.approve.output.value }}"}}
edges:
  - order.output -> approve.input
  - approve.approved -> placed.input
outputs: {placed: "{{ steps.placed.output }}"}
"""

FORM = """\
format: 1
name: example-form
nodes:
  shift:
    type: form
    params:
      headline: Who is on shift?
      form: {type: object, required: [name], properties: {name: {type: string}, phone: {type: string}}}
outputs: {shift: "{{ steps.shift.output }}"}
"""

ASK = """\
format: 1
name: example-ask
inputs:
  text: {type: string, default: The bearing housing shakes strongly.}
nodes:
  summary:
    type: model.ask
    params:
      role: small
      instructions: Summarise the alarm in one sentence.
      prompt: "{{ run.inputs.text }}"
      max_tokens: 100
outputs: {summary: "{{ steps.summary.output }}"}
"""

CHOOSE = """\
format: 1
name: example-choose
inputs:
  text: {type: string, default: The bearing housing shakes strongly.}
nodes:
  severity:
    type: model.choose
    params:
      role: small
      instructions: Choose the severity of the alarm.
      labels: [low, medium, high, critical]
      text: "{{ run.inputs.text }}"
outputs: {severity: "{{ steps.severity.output }}"}
"""

ONNX = """\
format: 1
name: example-onnx
inputs:
  window: {type: array, description: One sensor window as a list of rows.}
nodes:
  score:
    type: onnx.run
    params:
      role: scorer
      inputs: {window: "{{ [run.inputs.window] }}"}
      threshold: 3.5
outputs: {anomaly: "{{ steps.score.output.above }}"}
"""

AGENT = """\
format: 1
name: example-agent
inputs:
  alarm: {type: string, default: PUMP-12 reports E142.}
nodes:
  history:
    type: sql.query
    params:
      database: history.db
      sql: SELECT day, work FROM work WHERE machine = ?
      parameters: ["{{ input.machine }}"]
      tool:
        description: earlier work on this machine
        parameters: {type: object, required: [machine], properties: {machine: {type: string, maxLength: 20}}}
  triage:
    type: agent
    params:
      model: small
      instructions: Decide how severe the alarm is.
      input: "{{ run.inputs.alarm }}"
      output: {type: object, required: [severity], properties: {severity: {enum: [low, high]}}}
edges:
  - history.tool -> triage.tools
outputs: {severity: "{{ steps.triage.output.severity }}"}
"""

FILE_READ = """\
format: 1
name: example-file-read
inputs:
  alarms: {type: string, format: file, description: CSV export of the alarm log}
nodes:
  read:
    type: file.read
    params: {path: "{{ run.inputs.alarms }}", parse: csv}
outputs: {rows: "{{ steps.read.output }}"}
"""

FILE_WRITE = """\
format: 1
name: example-file-write
nodes:
  order:
    type: data.set
    params: {values: {machine: PUMP-12, action: replace the bearing}}
  write:
    type: file.write
    params: {path: work-orders/pump-12.json}
edges:
  - order.output -> write.input
outputs: {file: "{{ steps.write.output.path }}"}
"""

HTTP = """\
format: 1
name: example-http
nodes:
  history:
    type: http.request
    params: {url: "http://127.0.0.1:8123/history", query: {machine: PUMP-12}}
    policy: {max_attempts: 4, timeout_s: 10}
outputs: {history: "{{ steps.history.output }}"}
"""

SQL = """\
format: 1
name: example-sql
nodes:
  note:
    type: sql.query
    params:
      database: history.db
      sql: INSERT INTO work (machine, work) VALUES (?, ?)
      parameters: [PUMP-12, bearing replaced]
      mode: write
outputs: {rows: "{{ steps.note.output }}"}
"""

MCP = """\
format: 1
name: example-mcp
inputs:
  text: {type: string, default: PUMP-12 shakes.}
nodes:
  note:
    type: mcp.call
    params:
      server: plant
      server_tool: note
      arguments: {text: "{{ run.inputs.text }}"}
outputs: {noted: "{{ steps.note.output }}"}
"""

COMMAND = """\
format: 1
name: example-command
nodes:
  version:
    type: command.run
    params: {argv: [git, --version], effect: pure}
outputs: {version: "{{ steps.version.output }}"}
"""
