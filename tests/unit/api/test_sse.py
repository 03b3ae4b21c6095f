"""Server-sent events, as a reader takes them apart."""

from hypothesis import given
from hypothesis import strategies as st

from dreamreel.api.http.sse import Message

LINE = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=30)


def read(text):
    """(event, id, data) of one event, by the rules of the HTML standard."""
    fields = {"event": [], "id": [], "data": []}
    assert text.endswith("\n\n")
    for line in text.removesuffix("\n\n").split("\n"):
        name, _, value = line.partition(":")
        fields[name].append(value.removeprefix(" "))
    return fields["event"], fields["id"], "\n".join(fields["data"])


@given(st.lists(LINE, min_size=1, max_size=4))
def test_data_of_any_number_of_lines_arrives_as_it_was(lines):
    data = "\n".join(lines)
    assert read(Message("output", data, "7:1").encode()) == (["output"], ["7:1"], data)


def test_an_event_without_a_place_has_no_id_line():
    assert Message("frame", "{}").encode() == "event: frame\ndata: {}\n\n"
