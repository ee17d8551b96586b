"""Tailmark through generic clients from PyPI: odatapy and python-odata; both read its $metadata. The devices of
examples/devices.csv are imported."""

import csv
import os

from odata import ODataService
from odatapy.client import EdmEnabledODataClient, Field, HttpxTransport, ODataClientError, OrderBy, and_, not_
from odatapy.client.filters import contains, startswith

from report import AUTHORIZATION, SERVICE, query

with open(os.environ["DEVICES"], encoding="utf-8", newline="") as file:
    DEVICES = [(row["Device Serial Number"], row["Group Tag"]) for row in csv.DictReader(file)]
SERIALS = sorted(serial for serial, _ in DEVICES)
CLASSROOM = sorted(serial for serial, tag in DEVICES if tag == "Classroom")
FIRST = DEVICES[0][0]


def odatapy(say):
    client = EdmEnabledODataClient(SERVICE, HttpxTransport(), headers=AUTHORIZATION)
    of = lambda name: client.singleton_uri("deviceManagement").append_navigation_segment(name)
    registered = lambda: of("windowsAutopilotDeviceIdentities")
    imported = lambda: of("importedWindowsAutopilotDeviceIdentities")
    values = lambda entities, name: [entity.get_value(name) for entity in entities]

    def listed():
        uri = registered().filter(Field("groupTag").eq("Classroom")).orderby(OrderBy(Field("serialNumber").desc()))
        page = client.get_entity_set(uri.select("serialNumber").top(2).count())
        return page.count, values(page.entities, "serialNumber")

    say("list with filter, orderby, select, top and count", listed, (len(CLASSROOM), CLASSROOM[::-1][:2]))
    say(
        "filter with functions and not",
        lambda: sorted(
            values(
                client.get_entity_set(
                    registered().filter(
                        and_(startswith(Field("serialNumber"), "BM"), not_(contains(Field("groupTag"), "room")))
                    )
                ).entities,
                "serialNumber",
            )
        ),
        sorted(serial for serial, tag in DEVICES if serial.startswith("BM") and "room" not in tag),
    )

    def state():
        uri = imported().filter(and_(Field("serialNumber").eq(FIRST), Field("state/deviceImportStatus").eq("complete")))
        return len(client.get_entity_set(uri).entities)

    say("filter on state/deviceImportStatus", state, 1)

    def by_key():
        (found,) = client.get_entity_set(registered().filter(Field("serialNumber").eq(FIRST))).entities
        return client.get_entity(registered().append_key_segment(found.get_value("id"))).get_value("serialNumber")

    say("get by key", by_key, FIRST)
    say("$count", lambda: client.get_count(registered().append_count_segment()), len(DEVICES))
    say("service document", lambda: list(client.get_service_document().singletons), ["deviceManagement"])

    def paged():
        pages = list(client.iter_pages(registered().select("serialNumber").orderby("serialNumber"), max_page_size=100))
        return len(pages), [serial for page in pages for serial in values(page.entities, "serialNumber")]

    say("pages by next link", paged, (3, SERIALS))
    for format in "multipart", "json":

        def batched():
            batch = client.batch(format=format, continue_on_error=True)
            batch.add_retrieve(registered().select("serialNumber").orderby("serialNumber").top(2))
            batch.add_retrieve(registered().append_key_segment("none"))
            answers = client.execute_batch(batch).responses
            return [answer.status_code for answer in answers], [
                one["serialNumber"] for one in answers[0].json()["value"]
            ]

        say(f"$batch, {format}", batched, ([200, 404], SERIALS[:2]))

    def refused():
        try:
            client.get_entity_set(registered().filter("serial eq 'x'"))
        except ODataClientError as error:
            return "serial" in str(error)

    say("what is wrong is refused, with a message that the client finds", refused, True)


def python_odata(say):
    # It knows entity sets and singletons only: what a singleton contains it reads through the singleton.
    service = ODataService(SERVICE, reflect_entities=True, quiet_progress=True, extra_headers=AUTHORIZATION)
    say("reads the metadata", lambda: sorted(service.entities), ["deviceManagement"])
    Device = service.types["microsoft.graph.windowsAutopilotDeviceIdentity"]
    Device.__odata_collection__ = "deviceManagement/windowsAutopilotDeviceIdentities"
    ask = service.query
    say(
        "list with filter, orderby and top",
        lambda: [
            one.serialNumber
            for one in ask(Device).filter(Device.groupTag == "Classroom").order_by(Device.serialNumber.asc()).limit(2)
        ],
        CLASSROOM[:2],
    )
    say(
        "filter with functions",
        lambda: {one.groupTag for one in ask(Device).filter(Device.groupTag.startswith("Class"))},
        {"Classroom"},
    )
    say("count", lambda: ask(Device).filter(Device.groupTag == "Classroom").count(), len(CLASSROOM))
    say("all pages", lambda: sorted(one.serialNumber for one in ask(Device)), SERIALS)


def main():
    for name, ask in ("odatapy", odatapy), ("python-odata", python_odata):
        try:
            ask(lambda what, run, expected: query(f"{name}: {what}", run, expected))
        except Exception as error:  # whatever a client cannot bear
            query(f"{name}: reads the metadata", lambda: f"{type(error).__name__}: {error}", None)


if __name__ == "__main__":
    main()
