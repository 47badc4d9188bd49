"""The examples of the device nodes, on the plant in the box: `signalboxctl simulate` serves it on these ports."""

MODBUS_READ = """\
format: 1
name: example-modbus-read
nodes:
  now:
    type: modbus.read
    params:
      device: modbus://127.0.0.1:5020
      points:
        - {name: pressure, table: input, address: 2, scale: 0.01, unit: bar}
        - {name: dose, table: holding, address: 10, type: f32, unit: l/h}
    policy: {max_attempts: 3}
outputs: {dose: "{{ steps.now.output.dose }}"}
"""

MODBUS_WRITE = """\
format: 1
name: example-modbus-write
nodes:
  approve:
    type: gate
    params: {headline: Set the speed to 1300 rpm?, value: 1300, risk: high}
  set:
    type: modbus.write
    params:
      device: modbus://127.0.0.1:5020
      points:
        - {name: speed, address: 0, value: "{{ steps.approve.output.value }}", unit: rpm}
edges:
  - approve.approved -> set.input
outputs: {equal: "{{ steps.set.output.equal }}"}
"""

OPCUA_READ = """\
format: 1
name: example-opcua-read
nodes:
  now:
    type: opcua.read
    params:
      server: opc.tcp://127.0.0.1:4840/plant/
      points:
        - {name: alarm, node: ns=2;s=Plant.alarm}
    policy: {max_attempts: 3}
outputs: {alarm: "{{ steps.now.output.alarm }}"}
"""

OPCUA_WRITE = """\
format: 1
name: example-opcua-write
nodes:
  approve:
    type: gate
    params: {headline: Set the pressure to 3.5 bar?, value: 3.5, risk: high}
  set:
    type: opcua.write
    params:
      server: opc.tcp://127.0.0.1:4840/plant/
      points:
        - {name: pressure, node: ns=2;s=Plant.pressure_set, value: "{{ steps.approve.output.value }}", unit: bar}
edges:
  - approve.approved -> set.input
outputs: {equal: "{{ steps.set.output.equal }}"}
"""

MQTT_READ = """\
format: 1
name: example-mqtt-read
nodes:
  now:
    type: mqtt.read
    params: {broker: "mqtt://127.0.0.1:1883", topic: plant/alarm, take: retained, timeout_s: 5}
outputs: {alarm: "{{ steps.now.output.value }}"}
"""

MQTT_PUBLISH = """\
format: 1
name: example-mqtt-publish
nodes:
  order:
    type: data.set
    params: {values: {machine: PUMP-12, action: replace the bearing}}
  write:
    type: mqtt.publish
    params: {broker: "mqtt://127.0.0.1:1883", topic: orders/new, payload: "{{ input.input }}"}
edges:
  - order.output -> write.input
outputs: {confirmed: "{{ steps.write.output.confirmed }}"}
"""

SERIAL = """\
format: 1
name: example-serial
nodes:
  alarm:
    type: serial.exchange
    params: {port: "socket://127.0.0.1:4001", write: GET alarm, effect: pure}
outputs: {answer: "{{ steps.alarm.output }}"}
"""
