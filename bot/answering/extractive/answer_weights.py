"""The fitted coefficients that choose sentences and say how sure an answer is.

Written by `python -m benchmarks.fit answers` from the development sets (articles of the training
half of squadshifts_newwiki, every second question of clapnq_dev; figures on the other halves in
`docs/evaluation.md`), for sentences only embedded, compared word by word, and read. Those with the
selector by `python -m benchmarks.gathered_answers`: 23 sets of real documents and every second
question of mtrag_human were fitted on too, beside 120 questions of squadshifts_newwiki.
The features are described in `bot.answering.extractive.scored_sentences` and `.confidence`.
"""

from __future__ import annotations

from index.search.linear_model import LinearModel

FIRST_PICK = LinearModel(
    {
        "pooled": 6.14,
        "coverage": 1.841,
        "titled_coverage": 4.291,
        "pairs": 2.281,
        "type": 1.179,
        "passage_gap": 0.186,
        "rank": -0.3832,
        "first": 0.2257,
        "short": -1.044,
        "length": -0.03403,
    },
    offset=0,
)
"""Chooses which sentences are embedded on their own."""

PICK = LinearModel(
    {
        "own": 5.235,
        "pooled": 2.222,
        "coverage": 0.008,
        "titled_coverage": 5.114,
        "pairs": 2.238,
        "type": 1.263,
        "passage_gap": 0.192,
        "rank": -0.375,
        "first": 0.134,
        "short": -1.135,
        "length": 0.225,
    },
    offset=0,
)
"""Orders sentences that were only embedded: where another model embeds, and none is read with."""

PICK_MATCHED = LinearModel(
    {
        "own": 3.004,
        "pooled": 1.855,
        "coverage": 1.091,
        "titled_coverage": 0.6202,
        "pairs": 1.393,
        "type": 1.063,
        "passage_gap": 0.1444,
        "rank": -0.2106,
        "first": 0.3124,
        "short": -0.8323,
        "length": -0.1422,
        "titled": -1.651,
        "met": 1.358,
        "least": 3.913,
        "every": 8.419,
        "title_met": 0.3095,
        "passage_met": 3.697,
        "centred": 0.3677,
    },
    offset=0,
)
"""Orders sentences that were compared word by word."""

PICK_WITH_READER = LinearModel(
    {
        "own": 3.454,
        "pooled": 1.149,
        "coverage": -0.02963,
        "titled_coverage": 0.4957,
        "pairs": 1.129,
        "type": 0.662,
        "passage_gap": 0.1315,
        "rank": -0.03643,
        "first": 0.06097,
        "short": -0.7143,
        "length": 0.07023,
        "titled": -1.078,
        "met": -0.3224,
        "least": 2.135,
        "every": 7.148,
        "title_met": 1.248,
        "passage_met": 1.401,
        "centred": -1.452,
        "read": 0.09591,
        "read_gap": 0.2315,
    },
    offset=0,
)
"""Orders sentences that were compared word by word and read."""

CONFIDENCE = LinearModel(
    {
        "pooled": 3.972,
        "pooled_mean": 0.313,
        "gap": 0.81,
        "few": 0.153,
        "rank": 3.494,
        "title_coverage": -2.875,
        "terms": -1.308,
        "residual": 1.063,
        "rarity": 2.207,
        "exact": -0.782,
    },
    offset=-9.079,
)
"""Log-odds that the sources answer, without a reader."""

CONFIDENCE_MATCHED = LinearModel(
    {
        "pooled": 3.787,
        "pooled_mean": 2.784,
        "gap": 1.265,
        "few": 0.1907,
        "rank": 1.702,
        "terms": -1.219,
        "rarity": 2.665,
        "exact": -0.9756,
        "centred_mean": -2.597,
        "every": 3.483,
        "rarest": 0.8626,
        "title_met": -4.226,
        "passage_met": 4.261,
        "beyond": 3.892,
    },
    offset=-12.7,
)
"""Log-odds that the sources answer, for sentences that were compared word by word."""

CONFIDENCE_WITH_READER = LinearModel(
    {
        "pooled": 4.22,
        "pooled_mean": 3.772,
        "gap": 1.539,
        "few": 0.1865,
        "rank": 1.008,
        "terms": -1.071,
        "rarity": 2.108,
        "exact": -0.805,
        "centred_mean": -1.701,
        "rarest": 1.111,
        "title_met": -2.681,
        "beyond": 3.66,
        "read_second": -0.579,
        "read_passage": 1.019,
        "read_spread": 2.527,
        "read_first": 1.066,
    },
    offset=-8.843,
)
"""Log-odds that the sources answer, with a reader."""

CONFIDENCE_SELECTED = LinearModel(
    {
        "pooled": 1.683,
        "pooled_mean": -0.7938,
        "gap": 1.202,
        "few": 0.5414,
        "rank": -0.2928,
        "rarity": 1.264,
        "exact": -0.5226,
        "rarest": 0.1413,
        "title_met": -1.918,
        "beyond": 0.5971,
        "read_passage": -0.09265,
        "read_first": 0.4508,
        "read_spread": 3.177,
        "judged_any": 0.4985,
        "judged_best": 1.274,
        "judged_gap": -0.1691,
        "judged_sentence": 0.4007,
        "judged_first": 0.3414,
        "judged_quotes": 0.5065,
    },
    offset=-0.1762,
)
"""Log-odds that the sources answer, where the selector has judged the passages."""

CONFIDENCE_JUDGED_QUICKLY = LinearModel(
    {
        "pooled": 1.718,
        "pooled_mean": -1.49,
        "gap": 1.446,
        "few": 0.516,
        "rank": 0.1134,
        "residual": -0.2006,
        "title_coverage": -1.803,
        "terms": -0.03281,
        "rarity": 1.088,
        "exact": -0.586,
        "judged_any": 0.7524,
        "judged_best": 1.575,
        "judged_gap": -0.3982,
        "judged_sentence": 0.5361,
        "judged_first": 0.4373,
        "judged_quotes": 0.4923,
    },
    offset=0.4537,
)
"""The same where the small selector has judged them, and no other model has looked."""

QUOTES_HOLD = LinearModel(
    {
        "two": -0.1949,
        "three": -0.4376,
        "whole": -0.192,
        "section": -0.1966,
        "words": 0.3695,
        "mass": 0.9816,
        "next": -0.4118,
        "lost": -0.4556,
        "share": -0.2469,
    },
    offset=-2.383,
)
"""Log-odds that what is quoted holds the whole answer."""

QUOTES_MOSTLY = LinearModel(
    {
        "two": -0.8941,
        "three": -1.893,
        "whole": -0.2002,
        "section": -0.6759,
        "words": -1.276,
        "mass": 1.634,
        "next": -0.1204,
        "lost": -0.3721,
        "share": 0.2012,
    },
    offset=2.957,
)
"""The same, and that at least half of what is quoted belongs to it."""

ANSWERED = 0.4
"""Confidence from which an answer is given; chosen on `tests/sample_questions.jsonl`."""

ANSWERED_SELECTED = 0.78
"""The same with the selector, chosen on the 23 sets of real documents that may be fitted on, each
question judged by a selector and by a fit that have not seen its set: an answer is claimed to .73
of the questions that have one, wrongly to .17, and to .17 of those that have none."""

ANSWERED_JUDGED_QUICKLY = 0.8
"""The same with the small selector alone, chosen in the same way: an answer is claimed to .66 of
the questions that have one, wrongly to .15, and to .16 of those that have none."""

UNSURE = 0.25
"""Confidence from which the closest is shown as what may answer: below it one in eight does."""

NEAR = 0.02
"""Confidence below which nothing found is near enough to be shown."""
