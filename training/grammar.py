"""What the built-in model can be asked for: scenes as labels, and captions that say them in many ways."""

import random
from dataclasses import dataclass

# Hero -> the words for it; the first is the plainest.
SUBJECTS: dict[str, tuple[str, ...]] = {
    "fox": ("fox", "red fox", "vixen"),
    "cat": ("cat", "kitten", "grey cat", "tabby cat"),
    "owl": ("owl", "brown owl"),
    "penguin": ("penguin", "little penguin"),
    "whale": ("whale", "blue whale"),
    "butterfly": ("butterfly", "orange butterfly", "monarch butterfly"),
    "castle": ("castle", "palace", "fairy tale castle"),
    "house": ("house", "cottage", "home", "little house"),
    "sailboat": ("sailboat", "boat", "sailing boat", "yacht", "ship"),
    "car": ("car", "red car", "automobile"),
    "rocket": ("rocket", "spaceship", "spacecraft"),
    "balloon": ("balloon", "hot air balloon", "red balloon"),
    "robot": ("robot", "android"),
    "rose": ("rose", "red rose"),
    "sunflower": ("sunflower", "yellow sunflower"),
    "mushroom": ("mushroom", "toadstool", "red mushroom"),
    "woman": ("woman", "lady", "girl"),
    "man": ("man", "guy"),
    "lighthouse": ("lighthouse", "tower"),
    "deer": ("deer", "stag"),
    "rabbit": ("rabbit", "bunny", "white rabbit"),
    "turtle": ("turtle", "tortoise", "green turtle"),
    "swan": ("swan", "white swan"),
    "bear": ("bear", "brown bear", "teddy bear"),
    "elephant": ("elephant", "little elephant"),
    "unicorn": ("unicorn", "white unicorn", "magical unicorn"),
}
NAMES = tuple(SUBJECTS)
# How often each is drawn in training: the heroes of the demo, the examples and the API's default prompt more often than
# others. None is no hero.
SHARES: dict[str | None, int] = {
    **dict.fromkeys(NAMES, 2), "fox": 6, "woman": 6, "castle": 4, "owl": 4, "cat": 4, "balloon": 4, "lighthouse": 4,
    "penguin": 4, "sailboat": 3, "rocket": 3, "robot": 3, "rabbit": 4, "bear": 4, "turtle": 4, "elephant": 4, "car": 4,
    None: 4,
}  # fmt: skip
FLYING = ("balloon", "rocket", "butterfly")
PEOPLE = ("woman", "man")

# "plain" is what a caption that names no place gets: a soft backdrop.
IN_PLACE: dict[str, tuple[str, ...]] = {
    "forest": ("in a forest", "in the woods", "in a green forest", "among trees", "in a pine forest"),
    "sea": ("on the sea", "by the sea", "in the ocean", "on the water", "at the seaside", "on the ocean"),
    "mountains": ("in the mountains", "in front of mountains", "among snowy peaks", "on a mountain"),
    "desert": ("in a desert", "in the desert", "on sand dunes", "in the sand"),
    "city": ("in a city", "on a city street", "in front of skyscrapers", "in front of a skyline", "downtown"),
    "meadow": ("in a meadow", "in a field of flowers", "on green hills", "in a garden", "on a hill"),
    "snow": ("in the snow", "in a snowy forest", "in winter", "in a snowy landscape", "on snowy hills"),
    "space": ("in space", "in outer space", "among stars and planets", "in the galaxy", "in the cosmos"),
    "plain": ("",),
}
PLACE_ALONE: dict[str, tuple[str, ...]] = {
    "forest": ("a forest", "the woods", "a pine forest"),
    "sea": ("the sea", "the ocean", "a seascape"),
    "mountains": ("mountains", "a mountain landscape", "snowy peaks"),
    "desert": ("a desert", "sand dunes"),
    "city": ("a city", "a city skyline", "skyscrapers"),
    "meadow": ("a meadow", "a field of flowers", "green hills"),
    "snow": ("a snowy landscape", "a winter landscape", "a snowy forest"),
    "space": ("outer space", "stars and planets", "a galaxy"),
    "plain": ("the sky",),
}
AT_TIME: dict[str, tuple[str, ...]] = {
    "day": ("", "", "", "by day", "on a sunny day", "in daylight", "under a blue sky"),
    "sunset": ("at sunset", "in golden hour", "at dusk", "at sunrise", "at dawn", "in the evening"),
    "night": ("at night", "under the moon", "on a starry night", "in moonlight", "at midnight"),
    "aurora": ("under the northern lights", "with aurora", "under an aurora", "with northern lights"),
}
IN_STYLE: dict[str, tuple[str, ...]] = {
    "plain": ("", "", "", "", "", "flat illustration", "poster"),
    "watercolor": ("watercolor", "watercolor painting", "aquarelle", "pastel"),
    "bw": ("black and white", "black and white photo", "monochrome"),
    "neon": ("neon", "synthwave", "neon lights", "in neon colors"),
}
PLACES, TIMES, STYLES = tuple(IN_PLACE), tuple(AT_TIME), tuple(IN_STYLE)
REAL_PLACES = PLACES[:-1]

# Said often, and without any change of the picture: a model has to learn to overhear them.
TAILS = (
    "highly detailed", "trending on artstation", "by artgerm", "8k", "masterpiece", "beautiful", "intricate",
    "digital art", "by greg rutkowski", "4k", "sharp focus", "concept art", "detailed", "best quality",
    "award winning", "dreamy", "illustration", "cinematic", "3d render",
)  # fmt: skip
ADJECTIVES = ("beautiful", "cute", "small", "big", "lovely", "pretty", "little", "giant", "magical", "old")

# (subject, place) pairs that are never drawn in training: a twelfth of all, one for two subjects of three.
HELD_OUT = frozenset((name, PLACES[(i * 5 + i // 8) % 8]) for i, name in enumerate(NAMES) if i % 3 != 2)


@dataclass(frozen=True)
class Scene:
    """What a picture shows. subject: of NAMES, or None. portrait: a person that fills the frame."""

    subject: str | None
    place: str
    time: str
    style: str
    portrait: bool = False


def random_scene(r: random.Random, held_out: bool = True) -> Scene:
    """A scene; never one of HELD_OUT if held_out."""
    return random_scene_of(r, r.choice(NAMES) if r.random() > 0.08 else None, held_out)


def random_scene_of(r: random.Random, subject: str | None, held_out: bool = True) -> Scene:
    """A scene of subject (None is land only); never one of HELD_OUT if held_out."""
    portrait = subject in PEOPLE and r.random() < 0.5
    place = r.choice(REAL_PLACES) if not portrait or r.random() < 0.3 else "plain"
    if not portrait and subject and r.random() < 0.07:
        place = "plain"
    while held_out and (subject, place) in HELD_OUT:
        place = r.choice(REAL_PLACES)
    time = r.choice(("day", *TIMES)) if place != "space" else "day"
    return Scene(subject, place, time, r.choices(STYLES, (0.74, 0.10, 0.07, 0.09))[0], portrait)


def plain_caption(scene: Scene) -> str:
    """The scene said in the plainest way, for evaluation."""
    subject = article(SUBJECTS[scene.subject][0]) if scene.subject else PLACE_ALONE[scene.place][0]
    if scene.portrait:
        subject = "a portrait of " + subject
    place = IN_PLACE[scene.place][0] if scene.subject else ""
    time = {"day": "by day", "sunset": "at sunset", "night": "at night", "aurora": "under the northern lights"}
    words = " ".join(part for part in (subject, place, "" if scene.place == "space" else time[scene.time]) if part)
    return words + {"plain": "", "watercolor": ", watercolor", "bw": ", black and white", "neon": ", neon"}[scene.style]


def caption(r: random.Random, scene: Scene) -> str:
    """The scene in words: synonyms, free order, now and then words that mean nothing here."""
    place = r.choice(IN_PLACE[scene.place]) if scene.subject else ""
    time = r.choice(AT_TIME[scene.time]) if scene.place != "space" else ""
    core = _ordered(r, _subject(r, scene), place, time)
    if style := r.choice(IN_STYLE[scene.style]):
        core = _styled(r, core, style)
    if r.random() < 0.15:
        core += ", " + ", ".join(r.sample(TAILS, r.choice((1, 1, 2, 3))))
    return core


def article(noun: str) -> str:
    """noun with a or an before it."""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def _subject(r: random.Random, scene: Scene) -> str:
    if not scene.subject:
        return r.choice(PLACE_ALONE[scene.place])
    noun = r.choice(SUBJECTS[scene.subject])
    if r.random() < 0.08:
        noun = f"{r.choice(ADJECTIVES)} {noun}"
    kinds = ("a portrait of ", "a beautiful portrait of ", "portrait of ", "a close-up of ", "the face of ")
    return (r.choice(kinds) if scene.portrait else "") + article(noun)


def _ordered(r: random.Random, subject: str, place: str, time: str) -> str:
    way = r.random()
    if way < 0.15:
        return ", ".join(part for part in (subject, place, time) if part)
    if way < 0.3 and time:
        return f"{time}, {subject} {place}".strip()
    parts = (subject, time, place) if way < 0.38 else (subject, place, time)
    return " ".join(part for part in parts if part)


def _styled(r: random.Random, core: str, style: str) -> str:
    if r.random() < 0.3 and style not in ("black and white", "monochrome", "neon lights", "in neon colors"):
        return f"{article(style)} of {core}"
    return f"{style}, {core}" if r.random() < 0.2 else f"{core}, {style}"
