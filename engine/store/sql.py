"""Every statement as text, made by `python -m engine.store.statements`: change it there, never here."""

EPOCH = "SELECT owner.epoch FROM owner"
INSERT_RUN = "INSERT INTO run (number, id, root, parent, workflow, name, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
INSERT_EVENT = "INSERT INTO event (id, run, seq, kind, hash, body) VALUES (?, ?, ?, ?, ?, ?)"
LAST_EVENT = "SELECT max(event.id) AS max_1 FROM event"
LAST_RUN = "SELECT max(run.number) AS max_1 FROM run"
ANSWER = "UPDATE request SET accepted=?, reason=?, result=? WHERE request.id = ? AND accepted IS NULL"
HEAD = (
    "SELECT run.number, event.seq, event.hash, event.kind FROM run JOIN event ON event.run = "
    "run.number WHERE run.id = ? ORDER BY event.seq DESC LIMIT 1 OFFSET 0"
)
NUMBER = "SELECT run.number FROM run WHERE run.id = ?"
HASH_AT = (
    "SELECT event.hash FROM event WHERE event.run = (SELECT run.number FROM run WHERE run.id = ?) AND event.seq = ?"
)
HASH_OF_PLACE = "SELECT event.hash FROM event WHERE event.id = ?"
BODIES = (
    "SELECT event.seq, event.kind, event.hash, event.body FROM event WHERE event.run = (SELECT "
    "run.number FROM run WHERE run.id = ?) AND event.seq > ? ORDER BY event.seq LIMIT ? OFFSET 0"
)
FOLLOW = "SELECT event.id, event.body FROM event WHERE event.id > ? ORDER BY event.id LIMIT ? OFFSET 0"
FOLLOW_RUN_NEAR = (
    "SELECT event.id, event.body FROM event WHERE event.id > ? AND event.run + 0 = (SELECT run.number "
    "FROM run WHERE run.id = ?) ORDER BY event.id LIMIT ? OFFSET 0"
)
FOLLOW_RUN = (
    "SELECT event.id, event.body FROM event WHERE event.id > ? AND event.run = (SELECT run.number "
    "FROM run WHERE run.id = ?) ORDER BY event.seq LIMIT ? OFFSET 0"
)
OPEN_RUNS = (
    "SELECT run.id FROM run WHERE NOT (EXISTS (SELECT event.run FROM event WHERE event.run = "
    "run.number AND kind IN ('RunCancelled', 'RunCompleted', 'RunFailed'))) ORDER BY run.number"
)
RUNS = (
    "SELECT run.id, run.root, run.parent, run.workflow, run.name, run.at, event.kind FROM run LEFT "
    "OUTER JOIN event ON event.run = run.number AND kind IN ('RunCancelled', 'RunCompleted', "
    "'RunFailed') WHERE run.number < ? ORDER BY run.number DESC LIMIT ? OFFSET 0"
)
RUNS_OF_ROOT = (
    "SELECT run.id, run.root, run.parent, run.workflow, run.name, run.at, event.kind FROM run LEFT "
    "OUTER JOIN event ON event.run = run.number AND kind IN ('RunCancelled', 'RunCompleted', "
    "'RunFailed') WHERE run.number < ? AND run.root = ? ORDER BY run.number DESC LIMIT ? OFFSET 0"
)
ONE_RUN = (
    "SELECT run.id, run.root, run.parent, run.workflow, run.name, run.at, event.kind FROM run LEFT "
    "OUTER JOIN event ON event.run = run.number AND kind IN ('RunCancelled', 'RunCompleted', "
    "'RunFailed') WHERE run.id = ?"
)
RUN_IDS = "SELECT run.id FROM run ORDER BY run.number"
INSERT_REQUEST = "INSERT INTO request (at, kind, run, payload, actor) VALUES (?, ?, ?, ?, ?)"
PENDING = (
    "SELECT request.id, request.at, request.kind, request.run, request.payload, request.actor FROM "
    "request WHERE accepted IS NULL ORDER BY request.id"
)
OUTCOME = "SELECT request.accepted, request.reason, request.result FROM request WHERE request.id = ?"
INSERT_WORKFLOW = "INSERT OR IGNORE INTO workflow (hash, document) VALUES (?, ?)"
INSERT_VERSION = 'INSERT INTO workflow_version (name, hash, at, label, "by", drawing) VALUES (?, ?, ?, ?, ?, ?)'
DOCUMENT = "SELECT workflow.document FROM workflow WHERE workflow.hash = ?"
VERSIONS = (
    "SELECT workflow_version.id, workflow_version.hash, workflow_version.at, workflow_version.label, "
    'workflow_version."by" FROM workflow_version WHERE workflow_version.name = ? ORDER BY '
    "workflow_version.id DESC"
)
NEWEST = (
    "SELECT workflow_version.id, workflow_version.hash, workflow_version.at, workflow_version.label, "
    'workflow_version."by", workflow_version.drawing FROM workflow_version WHERE '
    "workflow_version.name = ? ORDER BY workflow_version.id DESC LIMIT 1 OFFSET 0"
)
VERSION = (
    "SELECT workflow_version.id, workflow_version.hash, workflow_version.at, workflow_version.label, "
    'workflow_version."by", workflow_version.drawing FROM workflow_version WHERE workflow_version.id '
    "= ?"
)
LABEL = "UPDATE workflow_version SET label=? WHERE workflow_version.id = ?"
NAMES = "SELECT DISTINCT workflow_version.name FROM workflow_version ORDER BY workflow_version.name"
HASHES = "SELECT workflow.hash FROM workflow ORDER BY workflow.hash"
PUT_DRAFT = (
    "INSERT INTO draft (id, name, document, base, path, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT "
    "(id) DO UPDATE SET name = excluded.name, document = excluded.document, base = excluded.base, "
    "path = excluded.path, at = excluded.at"
)
DRAFT = "SELECT draft.id, draft.name, draft.document, draft.base, draft.path, draft.at FROM draft WHERE draft.id = ?"
DRAFTS = (
    "SELECT draft.id, draft.name, draft.document, draft.base, draft.path, draft.at FROM draft ORDER "
    "BY draft.at DESC, draft.id"
)
REMOVE_DRAFT = "DELETE FROM draft WHERE draft.id = ?"
NEW_EPOCH = (
    "INSERT INTO owner (id, epoch, host) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET epoch = "
    "(owner.epoch + 1), host = excluded.host RETURNING epoch"
)
