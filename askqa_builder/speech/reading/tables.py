"""Facts that the rules of reading look up. Add to these before adding a rule."""

from __future__ import annotations

# fmt: off

MONTHS = {
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "Jun": "June", "Jul": "July",
    "Aug": "August", "Sep": "September", "Sept": "September", "Oct": "October", "Nov": "November", "Dec": "December",
}

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)

CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"), "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"), "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
}

CURRENCY_PREFIXES = {
    "US$": "$", "U.S.$": "$", "A$": "$", "C$": "$", "HK$": "$", "NZ$": "$",
}

MAGNITUDES = {
    "hundred": "hundred", "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mil": "million",
    "bn": "billion", "b": "billion", "B": "billion", "tn": "trillion",
}

UNITS = {
    "km": ("kilometer", "kilometers"), "m": ("meter", "meters"), "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"), "nm": ("nanometer", "nanometers"), "mi": ("mile", "miles"),
    "ft": ("foot", "feet"), "yd": ("yard", "yards"), "yds": ("yard", "yards"), "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"), "mg": ("milligram", "milligrams"), "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"), "km2": ("square kilometer", "square kilometers"),
    "km²": ("square kilometer", "square kilometers"), "m2": ("square meter", "square meters"),
    "m²": ("square meter", "square meters"), "m³": ("cubic meter", "cubic meters"),
    "cm³": ("cubic centimeter", "cubic centimeters"), "cc": ("c c", "c c"), "sq mi": ("square mile", "square miles"),
    "sq km": ("square kilometer", "square kilometers"), "sq ft": ("square foot", "square feet"),
    "sq. mi": ("square mile", "square miles"), "sq. km": ("square kilometer", "square kilometers"),
    "sq. ft": ("square foot", "square feet"), "km/h": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"), "m/s": ("meter per second", "meters per second"),
    "/km²": ("per square kilometer", "per square kilometer"),
    "/km2": ("per square kilometer", "per square kilometer"), "/sq mi": ("per square mile", "per square mile"),
    "kW": ("kilowatt", "kilowatts"), "MW": ("megawatt", "megawatts"), "GW": ("gigawatt", "gigawatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "hp": ("horsepower", "horsepower"), "V": ("volt", "volts"),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "KB": ("kilobyte", "kilobytes"), "kB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "ml": ("milliliter", "milliliters"), "mL": ("milliliter", "milliliters"), "ha": ("hectare", "hectares"),
    "L": ("liter", "liters"), "dB": ("decibel", "decibels"), "°C": ("degree celsius", "degrees celsius"),
    "°F": ("degree fahrenheit", "degrees fahrenheit"), "° C": ("degree celsius", "degrees celsius"),
    "° F": ("degree fahrenheit", "degrees fahrenheit"), "°": ("degree", "degrees"),
    "ºC": ("degree celsius", "degrees celsius"), "º": ("degree", "degrees"), "hrs": ("hour", "hours"),
    "hr": ("hour", "hours"), "mins": ("minute", "minutes"), "min": ("minute", "minutes"),
    "lm/W": ("lumen per watt", "lumens per watt"), "lm": ("lumen", "lumens"), "W": ("watt", "watts"),
    "secs": ("second", "seconds"), "sec": ("second", "seconds"), "yrs": ("year", "years"), "yr": ("year", "years"),
}

PRICED = frozenset({
    "apartment", "award", "bail", "bill", "bond", "bonus", "bounty", "budget", "check", "cheque", "contract", "deal",
    "debt", "donation", "fee", "fine", "grant", "home", "house", "jackpot", "lawsuit", "loan", "lottery", "mansion",
    "mortgage", "note", "payment", "penalty", "prize", "project", "purse", "reward", "salary", "scholarship",
    "settlement", "ticket", "tickets", "transfer",
})
"""What a sum stands before, in the singular: a five million dollar prize."""

AFTER_A_SUM = frozenset({
    "a", "after", "ago", "all", "also", "an", "and", "annually", "apiece", "are", "as", "at", "be", "because",
    "before", "but", "by", "can", "cash", "could", "did", "during", "each", "every", "for", "from", "had", "has",
    "have", "he", "her", "his", "i", "if", "in", "into", "is", "it", "its", "last", "later", "less", "more", "my",
    "next", "now", "of", "off", "on", "only", "or", "our", "out", "over", "owed", "per", "she", "since", "so", "than",
    "that", "the", "their", "then", "there", "these", "they", "this", "those", "through", "to", "today", "toward",
    "towards", "until", "up", "was", "we", "were", "when", "which", "while", "who", "will", "with", "within",
    "without", "worth", "would", "you", "your",
})
"""Words that go on after a sum, so that it stands alone."""

COUNTED = (
    "people", "men", "women", "children", "miles", "feet", "meters", "metres", "kilometers", "kilometres", "km",
    "dollars", "pounds", "euros", "years", "days", "hours", "minutes", "students", "soldiers", "troops", "copies",
    "pages", "words", "books", "inhabitants", "residents", "employees", "workers", "tons", "tonnes", "acres", "homes",
    "houses", "votes", "points", "species", "calories", "cases", "deaths", "square", "cubic", "times", "percent",
)
"""Nouns before which four digits are a number, not a year."""

FRACTIONS = {
    "½": "one half", "⅓": "one third", "⅔": "two thirds", "¼": "one quarter", "¾": "three quarters",
    "⅛": "one eighth", "⅜": "three eighths", "⅝": "five eighths", "⅞": "seven eighths",
}

SYMBOLS = {
    "%": " percent ", "&": " and ", "@": " at ", "+": " plus ", "=": " equals ", "#": " number ", "°": " degrees ",
    "º": " degrees ", "€": " euros ", "£": " pounds ", "$": " dollars ", "¥": " yen ", "₹": " rupees ",
    "×": " times ", "÷": " divided by ", "±": " plus or minus ", "≈": " about ", "~": " ", "→": " to ", "«": " ",
    "»": " ", "<": " ", ">": " ",
}

GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "θ": "theta", "λ": "lambda", "μ": "mu",
    "π": "pi", "σ": "sigma", "φ": "phi", "ω": "omega", "Δ": "delta", "Σ": "sigma", "Ω": "omega",
}

TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Ms", "Messrs": "Messieurs", "Mme": "Madame", "Mlle": "Mademoiselle",
    "Dr": "Doctor", "Drs": "Doctors", "Prof": "Professor", "Rev": "Reverend", "Fr": "Father", "Gen": "General",
    "Col": "Colonel", "Maj": "Major", "Capt": "Captain", "Cpt": "Captain", "Lt": "Lieutenant", "Cmdr": "Commander",
    "Sgt": "Sergeant", "Cpl": "Corporal", "Pvt": "Private", "Adm": "Admiral", "Gov": "Governor", "Sen": "Senator",
    "Rep": "Representative", "Pres": "President", "Hon": "Honorable", "Sr": "Senior", "Jr": "Junior",
    "Supt": "Superintendent", "Det": "Detective", "Insp": "Inspector", "Atty": "Attorney", "Amb": "Ambassador",
}
"""Before a name, or after it; with their full stop or without."""

TITLES_WITHOUT_STOP = (
    "Mr", "Mrs", "Ms", "Dr", "Prof", "Sgt", "Lt", "Capt", "Jr", "Sr",
)

ABBREVIATIONS = {
    "etc": "et cetera", "vs": "versus", "approx": "approximately", "dept": "department", "Dept": "Department",
    "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation", "Co": "Company", "Bros": "Brothers",
    "Assn": "Association", "Univ": "University", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Hwy": "Highway",
    "Mt": "Mount", "Mts": "Mountains", "Ft": "Fort", "Pt": "Point", "ca": "circa", "fig": "figure", "Fig": "Figure",
    "vol": "volume", "Vol": "Volume", "Ch": "Chapter", "pp": "pages", "ed": "edition", "eds": "editors",
    "et al": "et al", "viz": "namely", "cf": "compare", "min": "minutes", "max": "maximum", "avg": "average",
    "govt": "government", "Govt": "Government", "Sat": "Saturday", "Sun": "Sunday", "Mon": "Monday", "Tue": "Tuesday",
    "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thurs": "Thursday", "Fri": "Friday",
    "Calif": "California", "Fla": "Florida", "Mass": "Massachusetts", "Conn": "Connecticut", "Ariz": "Arizona",
    "Ala": "Alabama", "Tenn": "Tennessee", "Wash": "Washington", "Colo": "Colorado", "Mich": "Michigan",
    "Minn": "Minnesota", "Ill": "Illinois", "Penn": "Pennsylvania", "Okla": "Oklahoma", "Ore": "Oregon",
}
"""Said in full; only with their full stop."""

LATIN = {
    "i.e.": "that is", "i.e": "that is", "e.g.": "for example", "e.g": "for example", "a.k.a.": "also known as",
    "aka": "also known as",
}

RULERS = (
    "Abdullah", "Albert", "Alexander", "Alfonso", "Amenhotep", "Anne", "Antiochus", "Artaxerxes", "Basil", "Baudouin",
    "Benedict", "Boniface", "Bonaparte", "Carol", "Casimir", "Catherine", "Charles", "Christian", "Christina",
    "Clement", "Constantine", "Cyrus", "Darius", "David", "Edmund", "Edward", "Elizabeth", "Eric", "Ferdinand",
    "Francis", "Franz", "Frederick", "Friedrich", "George", "Gregory", "Gustav", "Gustaf", "Haakon", "Harald",
    "Henri", "Henry", "Hussein", "Innocent", "Isabella", "Ivan", "James", "John", "John Paul", "Joseph",
    "Juan Carlos", "Julius", "Justinian", "Karl", "Leo", "Leopold", "Louis", "Ludwig", "Malcolm", "Margaret", "Mary",
    "Maximilian", "Mehmed", "Mehmet", "Murad", "Napoleon", "Nicholas", "Olaf", "Olav", "Oscar", "Otto", "Paul",
    "Pedro", "Peter", "Philip", "Philippe", "Pius", "Ptolemy", "Ramesses", "Ramses", "Richard", "Robert", "Rudolf",
    "Selim", "Sigismund", "Stephen", "Suleiman", "Theodosius", "Thutmose", "Urban", "Victor Emmanuel", "Victoria",
    "Vladimir", "Wilhelm", "William", "Xerxes",
)
"""Names of kings, queens and popes, whose numerals are read as ordinals."""

VERBS_AFTER_I = (
    "am", "was", "have", "had", "will", "would", "think", "can", "could", "do", "did", "don", "know", "want", "saw",
    "went", "said", "love", "like", "asked", "told", "felt", "thought", "should", "must", "may",
)
"""After these, an I that follows a ruler's name is the speaker."""

NUMBERED = (
    "chapter", "book", "part", "act", "scene", "volume", "section", "canto", "article", "phase", "stage", "type",
    "class", "world war", "super bowl", "title", "appendix", "table", "figure", "lesson", "unit", "level", "episode",
    "season", "division", "group", "war", "apollo", "rocky", "mark", "grade", "round", "no",
)
"""What is counted with roman numerals, read as plain numbers."""

WORDS_IN_CAPITALS = frozenset({
    "AIDS", "ASAP", "ASCII", "ASEAN", "AWOL", "BAFTA", "BASIC", "BRIC", "CAD", "CERN", "COBOL", "COVID", "DARPA",
    "DOS", "DREAM", "EPCOT", "FARC", "FEMA", "FIDE", "FIFA", "GATT", "GIF", "HAMAS", "HIPAA", "HUD", "IKEA", "IMAX",
    "INTERPOL", "ISIL", "ISIS", "JPEG", "LAN", "LASER", "LEGO", "MASH", "MERCOSUR", "MERS", "MIDI", "MOMA", "NAFTA",
    "NASA", "NASCAR", "NASDAQ", "NATO", "NIMBY", "NOAA", "NORAD", "OPEC", "OSHA", "PETA", "PIN", "POTUS", "RADAR",
    "RAM", "ROM", "SALT", "SARS", "SAT", "SCUBA", "SEAL", "SEALS", "SIM", "SONAR", "SWAT", "TASER", "TED", "TIME",
    "UEFA", "UNASUR", "UNESCO", "UNICEF", "USAID", "WASP", "WYSIWYG", "YOLO", "ZIP",
})
"""Acronyms read as words; told in capitals from initialisms by nothing but usage."""

LETTER_BY_LETTER = frozenset({
    "AARP", "ABC", "ACLU", "ADHD", "AFL", "AIG", "AM", "AOL", "ASBO", "ATF", "ATM", "CD", "CEO", "CIA", "COO", "DEA",
    "DIY", "DOA", "DUI", "DVD", "EEOC", "EMI", "EPA", "ESA", "ESPN", "ETA", "EU", "FAA", "FAQ", "GOP", "HIV", "HMS",
    "IAEA", "IBM", "ICE", "ID", "IED", "INS", "IOC", "IPA", "IRA", "IRS", "IT", "MIA", "MIT", "MP", "MVP", "NAACP",
    "NBA", "NCAA", "NEA", "NGO", "NRA", "NSA", "NYU", "OECD", "OK", "PC", "PLO", "PM", "POW", "PR", "SEC", "SOS",
    "SUV", "TSA", "TV", "UAE", "UCLA", "UFO", "UK", "UN", "UNLV", "US", "USA", "USB", "USC", "USCIS", "USDA", "USS",
    "USSR", "VIP", "WHO", "YMCA", "YWCA",
})
"""Initialisms that would pass for words."""

COMMON_WORDS = frozenset({
    "a", "about", "above", "across", "act", "after", "again", "against", "ago", "ah", "air", "all", "almost", "alone",
    "along", "already", "also", "always", "am", "an", "and", "another", "any", "are", "arm", "art", "as", "ask", "at",
    "away", "back", "bad", "ball", "be", "bear", "beat", "bed", "been", "before", "best", "better", "between", "big",
    "bird", "bit", "black", "blue", "boat", "body", "book", "both", "bowl", "box", "boy", "boys", "but", "buy", "by",
    "call", "came", "can", "car", "cat", "chief", "city", "close", "cold", "come", "could", "cry", "cup", "cut",
    "dad", "dark", "day", "days", "dead", "dear", "did", "die", "do", "dog", "done", "door", "down", "dry", "each",
    "ear", "earth", "east", "eat", "egg", "end", "eve", "even", "ever", "every", "eye", "face", "fact", "fall", "far",
    "fast", "fat", "few", "find", "fire", "first", "fit", "five", "fix", "fly", "food", "foot", "for", "form",
    "found", "four", "free", "from", "full", "fun", "game", "gave", "get", "girl", "girls", "give", "go", "god",
    "gold", "gone", "good", "got", "great", "green", "had", "hair", "half", "hand", "hard", "has", "hat", "have",
    "he", "head", "hear", "heart", "held", "help", "her", "here", "hey", "hi", "high", "him", "his", "hit", "ho",
    "hold", "home", "hope", "hot", "hour", "house", "how", "hurt", "i", "ice", "if", "ill", "in", "into", "is", "it",
    "its", "job", "just", "keep", "key", "kid", "kids", "kill", "king", "knew", "know", "lady", "land", "large",
    "last", "late", "law", "lay", "left", "leg", "less", "let", "lie", "life", "like", "line", "list", "little",
    "live", "long", "look", "lord", "lose", "lost", "lot", "love", "low", "luck", "mad", "made", "main", "make",
    "man", "many", "may", "me", "mean", "meet", "men", "milk", "mind", "miss", "mom", "moon", "more", "most",
    "mother", "much", "must", "my", "name", "near", "need", "never", "new", "next", "nice", "night", "nine", "no",
    "none", "nor", "north", "not", "nothing", "now", "of", "off", "oh", "old", "on", "once", "one", "only", "open",
    "or", "other", "our", "out", "over", "own", "part", "past", "pay", "per", "plan", "play", "please", "poor",
    "pull", "push", "put", "ran", "read", "real", "red", "rest", "rich", "right", "road", "room", "run", "sad",
    "said", "sat", "save", "saw", "say", "sea", "second", "see", "seen", "sent", "set", "she", "ship", "shop", "show",
    "shut", "side", "sing", "sir", "sit", "six", "sky", "slow", "small", "snow", "so", "some", "son", "song", "soon",
    "south", "stand", "star", "stay", "step", "still", "stop", "story", "such", "sun", "sure", "take", "talk", "team",
    "tell", "ten", "test", "than", "that", "the", "their", "them", "then", "there", "they", "thing", "things", "this",
    "those", "three", "time", "tiny", "to", "today", "told", "too", "took", "top", "town", "tree", "true", "try",
    "turn", "two", "uncle", "under", "until", "up", "upon", "us", "use", "very", "wait", "walk", "wall", "want",
    "war", "warm", "was", "water", "way", "we", "well", "went", "were", "west", "what", "when", "where", "which",
    "while", "white", "who", "whole", "why", "wide", "wife", "will", "win", "wind", "with", "woman", "women", "word",
    "work", "world", "would", "year", "years", "yes", "yet", "you", "young", "your", "zoo",
})
"""Words that are met in capitals for emphasis or in headings."""

AGENCIES = ("CNN", "AP", "Reuters", "AFP", "CNN.com", "UPI", "BBC")
"""What stands in brackets after the place of a dateline."""

WEB_ENDINGS = (
    "com", "org", "net", "edu", "gov", "info", "tv", "co.uk", "ac.uk", "org.uk", "de", "fr", "io", "ca", "au",
)

SENTENCE_STARTERS = (
    "The", "He", "She", "It", "In", "But", "They", "A", "An", "This", "We", "I", "At", "On", "As", "When", "However",
    "After", "His", "Her", "There", "That", "These", "Some", "And", "By", "For", "If", "Its", "My", "Our", "One",
)
# fmt: on
