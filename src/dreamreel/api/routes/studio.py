"""The studio's one page, and what it says of a film whose link is shared."""

import html
import re

from starlette.requests import Request
from starlette.responses import Response

from dreamreel.api.squeeze import squeezed
from dreamreel.api.studio_files import HEADERS, STUDIO, release
from dreamreel.api.wire import Wire
from dreamreel.predictions.record import Prediction
from dreamreel.predictions.search import PROMPTS


def studio_page(request: Request, head: str = "") -> Response:
    """The one page; its modules read the address to know what to show. head: a title and tags instead of its own."""
    page = (STUDIO / "index.html").read_text("utf-8").replace('"/studio/', f'"/studio/{release().revision}/')
    if head:
        page = re.sub(r"<title>.*?</title>", lambda _: head, page, count=1)
    return squeezed(request, Response(page, media_type="text/html", headers=HEADERS))


def film_head(prediction: Prediction, wire: Wire, origin: str) -> str:
    """What a link to a film shows where it is shared: title, poster and video (ogp.me), for anyone with the address."""
    prompts = prediction.input.get(PROMPTS)
    first = re.sub(r"^\s*\d+\s*:\s*", "", prompts.partition("|")[0]).strip() if isinstance(prompts, str) else ""
    title = (prediction.name or first or "A film")[:200]
    tags = {
        "og:title": title,
        "og:type": "video.other",
        "og:site_name": "dreamreel",
        "og:url": f"{origin}/p/{prediction.id}",
        "og:description": prompts[:300] if isinstance(prompts, str) else "",
    }
    if prediction.frames_done and not prediction.data_removed:
        tags["og:image"] = wire.output_url(prediction.id, "poster.jpg", origin)
        if prediction.status.is_terminal:
            tags |= {"og:video": wire.output_url(prediction.id, "video.mp4", origin), "og:video:type": "video/mp4"}
    metas = [f'<meta property="{name}" content="{html.escape(value)}" />' for name, value in tags.items() if value]
    card = '<meta name="twitter:card" content="summary_large_image" />'
    return "\n    ".join([f"<title>{html.escape(title)} · dreamreel</title>", *metas, card])
