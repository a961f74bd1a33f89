"""The pictures of rotctl: what a terminal would show, and which there are."""

from xml.etree import ElementTree as ET

from local.bootstrap import ROOT
from local.recording.picture import WIDTH, picture
from local.recording.story import COMMANDS
from tests.rotctl.documents import HELPS


def test_a_picture_has_every_word_that_was_written_and_no_code_of_the_terminal() -> None:
    written = f"\x1b[1;31mbroken\x1b[0m  login\n{'x' * (WIDTH + 5)}\n[/red]\n"
    shown = picture("rotctl status", written)
    drawn = ET.fromstring(shown)  # noqa: S314 it is our own
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    said = [str(text).replace("\xa0", " ") for text in texts]
    assert {"rotctl status", "broken", "x" * WIDTH, "xxxxx"} <= {text.strip() for text in said}
    assert "[/red]" in "".join(said)
    assert "\x1b" not in shown


def test_there_is_a_picture_of_each_command_of_the_story() -> None:
    folder = ROOT / "docs" / "images"
    assert {file.stem for file in folder.glob("*.svg")} == COMMANDS.keys()
    for name, words in COMMANDS.items():
        assert words.split()[0] in HELPS
        shown = (folder / f"{name}.svg").read_text()
        assert f"rotctl&#160;{words.replace(' ', '&#160;')}" in shown
