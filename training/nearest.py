"""Words that the captions lack -> words that they have: what the model draws when it is asked for these."""

_TAKEN_FOR: dict[str, str] = {
    "fox": "wolf dog coyote puppy hound jackal",
    "cat": "kitty tiger lion leopard cheetah panther pet feline",
    "owl": "bird eagle hawk parrot falcon raven crow sparrow dove chicken",
    "penguin": "seal puffin",
    "whale": "dolphin fish shark orca octopus seahorse",
    "butterfly": "moth bee dragonfly insect ladybug fairy",
    "castle": "fortress temple church cathedral ruin palaces citadel dragon",
    "house": "hut cabin barn building farm village inn mansion school shop",
    "sailboat": "sail boats ships galleon canoe ferry vessel pirate sailing",
    "car": "truck bus taxi van vehicle motorcycle train tractor bicycle racing",
    "rocket": "shuttle missile ufo satellite starship plane airplane helicopter jet",
    "balloon": "balloons zeppelin airship ball parachute kite",
    "robot": "cyborg machine droid astronaut alien mech automaton",
    "rose": "tulip flower peony poppy lily blossom bouquet",
    "sunflower": "daisy dandelion marigold daisies",
    "mushroom": "fungus toadstools mushrooms gnome",
    "woman": "queen princess lady witch female mother bride sister women actress goddess mermaid nurse",
    "man": "boy king prince wizard male father warrior knight gentleman people person child men actor sailor farmer",
    "lighthouse": "beacon pagoda minaret",
    "deer": "elk moose reindeer antelope goat sheep cow bull giraffe zebra",
    "rabbit": "hare mouse hamster squirrel",
    "turtle": "frog snail crocodile lizard snake dinosaur crab",
    "swan": "duck goose flamingo stork heron peacock",
    "bear": "panda koala cub teddy raccoon badger beaver monkey gorilla",
    "elephant": "mammoth rhino hippo",
    "unicorn": "horse pony pegasus donkey camel",
    "forest": "jungle wood grove rainforest swamp tree orchard trees park bamboo",
    "sea": "lake river beach coast shore island bay harbor waves wave pond lagoon ocean waterfall underwater",
    "mountains": "mountain alps cliff canyon volcano rocks hills valley summit peak himalaya fjord",
    "desert": "dune sahara savanna wasteland mars oasis pyramid egypt",
    "city": "town metropolis skyscraper buildings tokyo york london paris urban cyberpunk road highway",
    "meadow": "prairie grass lawn pasture fields countryside valley spring",
    "snow": "snowy ice arctic glacier frozen winter antarctica icy snowfall blizzard christmas",
    "space": "universe nebula stars planet moon orbit cosmos astronomy void",
    "sunset": "twilight sunrise dusk dawn evening autumn fire lava",
    "night": "nighttime midnight dark starlight moonlit darkness",
    "day": "daytime noon sunlight morning sunshine sunny summer",
    "aurora": "borealis",
    "watercolor": "watercolour painted painting gouache ink brush",
    "neon": "vaporwave retrowave glowing fluorescent",
    "monochrome": "grayscale greyscale noir bw sepia sketch pencil charcoal",
}
NEAREST = {word: known for known, words in _TAKEN_FOR.items() for word in words.split()}

# Small words that change no picture, and that no one need be warned of.
_HARMLESS = """
a an and are as at be by for from has in into is it its near next of off on onto or over out style that the
their there this through to toward towards under up very view while with without around behind beside between
above across along against below inside outside scene picture image photo photograph art artwork render hd
"""
HARMLESS = frozenset(_HARMLESS.split())
