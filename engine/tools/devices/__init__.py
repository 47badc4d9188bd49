"""Tools for devices: MQTT, Modbus, OPC UA, serial lines; and a small plant in the box to try them on."""

from engine.tools.devices.modbus import MODBUS_READ, MODBUS_WRITE
from engine.tools.devices.mqtt import MQTT_PUBLISH, MQTT_READ
from engine.tools.devices.opcua import OPCUA_READ, OPCUA_WRITE
from engine.tools.devices.serial_line import SERIAL_EXCHANGE

DEVICES = (MODBUS_READ, MODBUS_WRITE, OPCUA_READ, OPCUA_WRITE, MQTT_READ, MQTT_PUBLISH, SERIAL_EXCHANGE)
