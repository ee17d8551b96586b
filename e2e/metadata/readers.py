"""The readers from PyPI: reads one file, prints a JSON object for each reader."""

import http.server
import json
import sys
import threading
from importlib.metadata import version


def say(reader, **found):
    print(json.dumps({"reader": f"{reader} {version(reader)}", **found}), flush=True)


def attempt(reader, read, *arguments):
    try:
        read(*arguments)
    except Exception as error:  # whatever a reader cannot bear
        say(reader, error=f"{type(error).__name__}: {error}"[:600])


def odatapy(text, provider):
    """Its model is lazy: every type, property and navigation property is asked for."""
    from odatapy.edm.model import Edm
    from odatapy.edm.names import FullQualifiedName

    edm = Edm(provider(text))
    counts = dict.fromkeys(["entity types", "complex types", "enum types", "properties", "navigation", "members"], 0)
    for schema in edm.schemas:
        for kind, all_types, get in [
            ("entity types", schema.entity_types, edm.get_entity_type),
            ("complex types", schema.complex_types, edm.get_complex_type),
        ]:
            for declared in all_types:
                ty = get(FullQualifiedName(schema.namespace, declared.name))
                counts[kind] += 1
                assert all(property.type is not None for property in ty.get_properties())
                assert all(navigation.type is not None for navigation in ty.get_navigation_properties())
                counts["properties"] += len(declared.properties)
                if kind == "entity types":
                    counts["navigation"] += len(declared.navigation_properties)
        counts["enum types"] += len(schema.enum_types)
        if schema.entity_container:
            container = schema.entity_container
            counts["members"] += len(container.entity_sets) + len(container.singletons)
    say("odatapy", counts=counts)


def python_odata(text):
    """It wants to fetch the document."""
    from odata import ODataService

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        service = ODataService(url, reflect_entities=True, quiet_progress=True)
        say("python-odata", counts={"members": len(service.entities)}, said=f"{len(service.types)} types, {len(service.entities)} sets and singletons: {', '.join(sorted(service.entities))[:120]}")
    finally:
        server.shutdown()


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".openapi.json"):
        from openapi_spec_validator import validate

        attempt("openapi-spec-validator", lambda: (validate(json.loads(text)), say("openapi-spec-validator", said="valid")))
    elif path.endswith(".csdl.json"):
        from odatapy.edm.json_csdl import JsonCsdlEdmProvider

        attempt("odatapy", odatapy, text, JsonCsdlEdmProvider)
    else:
        from odatapy.edm.xml_io import XmlEdmProvider

        attempt("odatapy", odatapy, text, XmlEdmProvider)
        attempt("python-odata", python_odata, text)


main()
