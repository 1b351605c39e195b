"""Prints the JSON Schema of the class API Activity, with the profiles that the command line tool writes."""

import json

from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.5.0"))
print(json.dumps(schema.get_class_schema("api_activity", ["security_control", "trace"])))
