"""All that is drawn of a conversation: who speaks, how, with which silences."""

from __future__ import annotations

from askqa_builder.build.plan import Take
from askqa_builder.build.planned import KeptTurn, PlannedRow, PlannedTake, PlannedTurn
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.recorded import is_shared, recording_name
from askqa_builder.build.restored import RestoredConversation
from askqa_builder.build.turn_drawing import draw_delivery, draw_pause_before, plan_turn
from askqa_builder.corpus.conversation import Act, Conversation, ResponsePoint, Role, Stage, Turn
from askqa_builder.recording.timeline import to_seconds
from askqa_builder.seeds import Stream
from askqa_builder.voices.casting import Cast, CastingKey, cast
from askqa_builder.voices.profiles import RECORDING, Pause

PAUSE_BEFORE = {
    Act.STORY: Pause.LEAD_IN,
    Act.QUESTION: Pause.BEFORE_USER,
    Act.ANSWER: Pause.BEFORE_ASSISTANT,
    Act.CLARIFYING_QUESTION: Pause.BEFORE_ASSISTANT,
    Act.CLARIFICATION: Pause.BEFORE_USER,
}
"""The silence before a turn that does not follow the story."""


def plan_take(take: Take, recipe: Recipe) -> PlannedTake:
    """Cast a take and draw all that is drawn; nothing depends on other takes."""
    conversation = take.conversation
    speakers = draw_cast(take, recipe)
    turns: list[PlannedTurn | KeptTurn] = []
    places: dict[tuple[int, Turn], int] = {}
    rows: list[PlannedRow] = []
    for point in conversation.points(recipe.stages):
        for i, turn in enumerate(point.turns):
            if (i, turn) not in places:
                places[i, turn] = len(turns)
                after_story = i > 0 and point.turns[i - 1].role is Role.NARRATOR
                kept = _keep_turn(conversation, point, i, turn, recipe)
                turns.append(kept or _plan_turn(take, i, turn, after_story, speakers, recipe))
        rows.append(_plan_row(take, point, tuple(places[i, turn] for i, turn in enumerate(point.turns)), recipe))
    profile = recipe.profiles.profiles.channel
    channel = None if profile is None else profile.draw(recipe.seed, conversation.id, take.rendition)
    return PlannedTake(take, speakers, tuple(turns), tuple(rows), channel)


def draw_cast(take: Take, recipe: Recipe) -> Cast:
    """Draw who speaks, beside those who are kept; who spoke before is kept or avoided.

    Where a narration is shared, the story's narrator comes first, whatever the conversation.
    """
    conversation = take.conversation
    spoke = conversation.speakers if isinstance(conversation, RestoredConversation) else {}
    kept = {role: speaker for role, speaker in spoke.items() if role in recipe.kept_roles}
    avoided = {role: speaker.identity for role, speaker in spoke.items() if role not in recipe.kept_roles}
    if recipe.share_narration and Role.NARRATOR not in kept:
        of_story = CastingKey(recipe.seed, conversation.story_id, take.rendition, take.split)
        kept[Role.NARRATOR] = cast(recipe.profiles, of_story, avoided=avoided)[Role.NARRATOR]
    return cast(recipe.profiles, CastingKey(recipe.seed, conversation.id, take.rendition, take.split), kept, avoided)


def _plan_row(take: Take, point: ResponsePoint, turns: tuple[int, ...], recipe: Recipe) -> PlannedRow:
    """Draw the silence after the last turn, or keep it with that turn."""
    conversation = take.conversation
    old = conversation.old_row(point) if isinstance(conversation, RestoredConversation) else None
    if old is not None and point.turns[-1].role in recipe.kept_roles:
        return PlannedRow(point, turns, to_seconds(old.silence_at_end, recipe.sample_rate), old)
    key = (recipe.seed, conversation.id, take.rendition, point.stage.value, "tail")
    return PlannedRow(point, turns, recipe.profiles.profiles.draw_pause(Pause.TAIL, Stream(*key)), old)


def _keep_turn(
    conversation: Conversation, point: ResponsePoint, index: int, turn: Turn, recipe: Recipe
) -> KeptTurn | None:
    """Return where a turn is to be cut from, None where it is spoken; a silence belongs to the turn after it."""
    if not isinstance(conversation, RestoredConversation) or turn.role not in recipe.kept_roles:
        return None
    row = conversation.old_row(point)
    pause = to_seconds(row.silence_before(index), recipe.sample_rate)
    return KeptTurn(turn, pause, row, index, recipe.sample_rate)


def _plan_turn(take: Take, index: int, turn: Turn, after_story: bool, speakers: Cast, recipe: Recipe) -> PlannedTurn:
    shared = recipe.share_narration and turn.role is Role.NARRATOR
    item = take.conversation.story_id if shared else take.conversation.id
    key = (recipe.seed, item, take.rendition, index, turn.text)
    profiles = recipe.profiles.profiles
    speaker = speakers[turn.role]
    recordings = _recordings(take, index, turn) if speaker.engine.name == RECORDING else ()
    pause = Pause.AFTER_STORY if after_story else PAUSE_BEFORE[turn.act]
    delivery = draw_delivery(turn, speaker, profiles, key)
    stream = Stream(recipe.seed, take.conversation.id, *key[2:], "pause")
    drawn = draw_pause_before(profiles, pause, stream, delivery)
    return plan_turn(turn, speaker, delivery, drawn, profiles, recordings)


def _recordings(take: Take, index: int, turn: Turn) -> tuple[str, ...]:
    """Return what a turn's recording may be called: a clarifying question is heard in the row of each branch."""
    branches: list[int | None] = [None]
    if not is_shared(turn.act):
        points = take.conversation.points([Stage.CLARIFIED])
        branches = [point.branch for point in points if turn in point.turns[index : index + 1]]
    return tuple(recording_name(take.conversation.id, take.rendition, one, index, turn.role) for one in branches)
