"""Turns that people have recorded: what their files are called, and the profile set that has them played."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from askqa_builder.corpus.conversation import Act, Role, Stage, row_suffix
from askqa_builder.seeds import short_hash
from askqa_builder.speech.engines.recording import RecordingEngine
from askqa_builder.voices.distributions import Constant
from askqa_builder.voices.engine_choice import EngineChoice
from askqa_builder.voices.profiles import RECORDING, ProfileSet, RoleProfile

_AFTER_THE_QUESTION = frozenset({Act.CLARIFYING_QUESTION, Act.CLARIFICATION})


def recording_name(conversation: str, rendition: int, branch: int | None, index: int, role: Role) -> str:
    """Return what the recording of a turn is called, without its suffix.

    conversation: its id. branch: of the row in which the turn is heard, None where all rows share it. index: of the
    turn in the row. A name of a file is never an id, which may hold anything.
    """
    stage = Stage.INITIAL if branch is None else Stage.CLARIFIED
    suffix = f"{row_suffix(stage, branch)}{f'~{rendition}' if rendition else ''}"
    return f"{short_hash(f'{conversation}{suffix}')}-{index:02d}-{role.value}"


def is_shared(act: Act) -> bool:
    """Tell a turn that all rows of a conversation share from one of a clarification."""
    return act not in _AFTER_THE_QUESTION


def with_recordings(profile_set: ProfileSet, folder: Path, roles: Collection[Role]) -> ProfileSet:
    """Return the set with some roles played from a folder, as they were recorded. Raises UsageError."""
    engine = EngineChoice(RECORDING, json.dumps({"folder_path": str(folder.resolve())}))
    speakers = RecordingEngine(str(folder)).speakers
    own = {
        role: RoleProfile(
            engine=engine,
            voices=(speakers[role.value],),
            references=(),
            rate=Constant(1.0),
            pitch=Constant(0.0),
            turn_rate=Constant(1.0),
            turn_pitch=Constant(0.0),
            loudness=profile_set.roles[role].loudness,
        )
        for role in roles
    }
    same_person = len({profile.voices for profile in own.values()}) < len(own)
    return replace(
        profile_set,
        roles={role: own.get(role, profile) for role, profile in profile_set.roles.items()},
        distinct_voices=profile_set.distinct_voices and not same_person,
        demo=profile_set.demo and len(own) < len(profile_set.roles),
    )
