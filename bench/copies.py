"""A library of any size in a moment: one finished film, copied in the store of a running server, with its pictures."""

import os
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select

from dreamreel.predictions.files import PREDICTIONS
from dreamreel.predictions.search import PROMPTS
from dreamreel.storage.database import open_engine, sqlite_url
from dreamreel.storage.rows import prediction_of, prediction_row
from dreamreel.storage.tables import PREDICTION, predictions

SCENES = ("a castle by the sea", "a fox in the snow", "a red balloon", "a city at night", "a forest in the mist")


def copy_film(data: Path, prediction_id: str, count: int) -> list[str]:
    """So many older films like that one, newest first, each with prompts of its own; their ids.

    data: the folder of a server with SQLite. Files are hard links: the video, and the pictures that a library shows.
    """
    engine = open_engine(sqlite_url(data))
    with engine.begin() as connection:
        found = connection.execute(select(*PREDICTION).where(predictions.c.id == prediction_id))
        film = prediction_of(dict(found.mappings().one()))
        rows = []
        for number in range(count):
            row = prediction_row(film)
            row["id"] = f"copy{number:022}"
            row["created_at"] -= (number + 1) * (timedelta(minutes=1) // timedelta(microseconds=1))
            row["input"] = {**film.input, PROMPTS: f"{SCENES[number % len(SCENES)]}, take {number}"}
            row["search_text"] = row["input"][PROMPTS]
            rows.append(row)
        connection.execute(insert(predictions), rows)
    engine.dispose()
    for row in rows:
        _link(data / PREDICTIONS / prediction_id, data / PREDICTIONS / row["id"], film.frames_done)
    return [row["id"] for row in rows]


def _link(source: Path, target: Path, frames: int) -> None:
    (target / "previews").mkdir(parents=True)
    for name in ("out.mp4", "poster.jpg", f"previews/{frames // 3:05}.webp"):
        os.link(source / name, target / name)
