"""How a sentence stands to what it says: denied, or said with a doubt."""

import re

# A clause that ends in "that": what follows is said of, not just said.
_THAT = re.compile(
    r"\bthat\b[\s\"'“”‘’*_,]*(?:(?:the|an?|both|it)\s+)?[\"'“”‘’*_]*$", re.IGNORECASE
)
_DENIAL = re.compile(
    r"\b(?:not|never|nobody|no\s+one|none|no|hardly|untrue|false|wrong|incorrect|mistaken?|error|"
    r"myth|lie|rumou?r|denies|denied|deny|doubt|nonsense|cannot)\b|n['’]t\b",
    re.IGNORECASE,
)
# What is known or forgotten is so, whoever does not know it; so is what nobody would guess.
_KNOWN = re.compile(
    r"\b(?:(?:w|c|sh)ould(?:\s+(?:never|hardly|not|scarcely)|n['’]t)(?:\s+\w+)?\s+"
    r"(?:guess|think|believe|expect|suspect|imagine)|know|knows|knew|known|realised?|realized?|aware|heard|hear|forget|forgotten|notice|"
    r"noticed|remember|mention|mentioned|surpris\w+|only)\b",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|might|may|could|reportedly|supposedly|allegedly|"
    r"apparently|presumably|seems?|seemingly|likely|rumou?red|i\s+(?:think|believe|guess|suppose)|"
    r"if\s+i\s+(?:recall|remember)|as\s+far\s+as\s+i|some\s+(?:say|claim)|not\s+sure|unsure)\b|"
    r"아마|듯하다|것 같다",
    re.IGNORECASE,
)


def denied(before: str) -> bool:
    """Whether what stands before a statement denies it: "it is not true that"."""
    if not _THAT.search(before) or _KNOWN.search(before):
        return False
    return len(_DENIAL.findall(before)) % 2 == 1


def denies(sentence: str) -> bool:
    """Whether any word of a sentence denies something."""
    return bool(_DENIAL.search(sentence))


def hedged(sentence: str) -> bool:
    """Whether a sentence leaves open whether it is so: "perhaps", "I think"."""
    return bool(_HEDGE.search(sentence))
