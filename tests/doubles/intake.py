"""A question intake over real records that makes nobody wait."""

from __future__ import annotations

from bot.community.cooldown import Cooldowns, OwnCount
from bot.community.fair_queue import FairQueue
from bot.community.question_intake import Answering, QuestionIntake
from bot.community.store.confirmations import Confirmations
from bot.community.store.feedback import Feedback
from bot.community.store.memory import Memory
from bot.community.store.records_file import Records


def intake_of(answerer: Answering, records: Records) -> QuestionIntake:
    return QuestionIntake(
        answerer,
        memory=Memory(records),
        feedback=Feedback(records),
        confirmations=Confirmations(records),
        count=OwnCount(Cooldowns(person_seconds=0, server_per_minute=6000)),
        queue=FairQueue(),
        history_days=30,
        deadline=30.0,
    )
