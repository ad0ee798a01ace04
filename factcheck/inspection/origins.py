"""Where each column of each table comes from: one of three origins, and why.

- `log`: the entries of the log and their contents say what must be in it. Nothing rewrites it.
- `derived`: it can be computed from other columns, and rewritten.
- `operational`: the log says nothing about it. `why` then says what somebody could do who changes it.
"""

from collections.abc import Iterator

from factcheck.inspection.origin_kinds import Kind, Origin
from factcheck.inspection.origin_kinds import derived as _derived
from factcheck.inspection.origin_kinds import log as _log
from factcheck.inspection.origin_kinds import operational as _operational

AUDIT = "The audit follower derives it from the log."
CORRECTIONS = "The follower of corrections derives it from the log."
NOTIFICATIONS = "The follower of notifications derives it from the log."
STATISTICS = "The follower of statistics derives it from the log."
DATES = "The times of the thing's first and last entry."
ORIGINS: dict[str, dict[str, Origin]] = {
    # ── The log itself
    "revisions": _log("log_index subject_kind subject_id number deed actor_id at leaf", "The entry itself."),
    "revision_contents": _log("log_index salt content", "The entry commits to it.")
    | _log("restated_index", "The redaction that states the content without the words that it removed."),
    "redactions": _log("claim_id log_index", "The entry that redacted the claim."),
    "log_head": _derived("id size last_at", "It repeats the last entry.")
    | _operational("log_id", "Give the log another name before it is signed for the first time; no entry changes."),
    "log_subtrees": _derived("level number hash", "Hashes of entries."),
    "log_checkpoints": _operational(
        "epoch size note published_at",
        "Remove a checkpoint or change its date. A note that is there must be signed and have the right root.",
    ),
    "log_stamps": _operational(
        "epoch size response stamped_at",
        "Remove a time stamp. One that is there must be of its checkpoint, and its authority's signature must verify.",
    ),
    "log_verification": _operational("id at entries faults", "Show another result of the last verification on a page."),
    # ── People
    "people": _log("id name display_name role", "The person's entries.")
    | _log("mark", "The person's first entry, or the one that attests it, binds the mark to the person.")
    | _log("created_at", "The time of the person's first entry, or what an entry attests.")
    | _log("revision disabled_at", "The number of the person's last entry, and the time of the one that disabled them.")
    | _log("redacted_index", "The entry that erased the person's name.")
    | _derived("folded_name", "The name without case and forms."),
    "tokens": _log("id person_id created_at revoked_at label", "The entries that issued it and revoked it.")
    | _operational("digest expires_at", "Put another secret in its place, and act as its person.")
    | _operational("last_used_at", "Show a token as used, or as unused."),
    "provider_accounts": _log("id person_id issuer digest bound_at", "The entry that bound the account to the person."),
    "login_links": _operational("digest person_id created_at expires_at used_at", "Log in as somebody."),
    "browser_sessions": _operational(
        "digest id person_id created_at expires_at ended_at user_agent id_token last_used_at",
        "Act as somebody in a browser.",
    ),
    "kept_answers": _operational(
        "person_id route key claim_id request_digest status headers body created_at",
        "Give a client that repeats a request another answer than it got the first time, or let the request run again.",
    ),
    # ── Sources and articles
    "sources": _log("seq id external_id name kind description aliases same_as", "The source's entries.")
    | _log("revision", "The number of the source's last entry.")
    | _log("created_at updated_at", DATES)
    | _log("redacted_index", "The entry that redacted the source.")
    | _derived(
        "canonical_id merged_into_id", "The source as which it is shown, by the judgments on which are the same."
    ),
    "source_identifiers": _derived("identifier source_id", "What the URLs of the source hold."),
    "judgments": _log(
        "log_index source_id other_id judgment shown_id reason judged_by_id judged_at", "The entry that judged."
    ),
    "source_relations": _log(
        "log_index id source_id kind other_id since until note added_by_id added_at",
        "The entry that related the sources.",
    )
    | _log("withdrawn_index withdrawn_at withdrawn_reason withdrawn_by_id", "The entry that withdrew the relation."),
    "articles": _log("seq id external_id title url outlet_id author published_on language", "The article's entries.")
    | _log("kind", "The article's entries; `article` where they say none.")
    | _derived("url_key", "What the addresses of one page have in common, of the URL.")
    | _log("snapshot_number revision", "The newest snapshot and the number of the last entry.")
    | _log("created_at updated_at", DATES)
    | _log("redacted_index", "The last entry that redacted words of its texts."),
    "snapshots": _log("article_id number sha256 captured_at", "The entry that added the snapshot.")
    | _log("capture_id corrected", "The entry that added it, of a capture.")
    | _log("text", "Its SHA-256 is in the entry.")
    | _log("redacted_index", "The last entry that redacted words of it."),
    "images": _log(
        "seq id article_id url alt media_type width height bytes sha256 warc_sha256 phash added_by_id added_at"
        " redacted_index",
        "The entry that added the image, or redacted it.",
    ),
    "image_bands": _derived("band image_id", "Parts of the image's perceptual hash."),
    "watches": _log("article_id every until set_by_id set_index set_at", "The entry that set the watch.")
    | _operational(
        "next_at checked_at changed_at failures error url etag modified",
        "Have a watched page fetched sooner, later or not at all, or show another result of its last check. What was"
        " found is in the log.",
    ),
    "captures": _log(
        "seq id url final_url http_status media_type bytes sha256 warc_sha256 fetched_at reason title author"
        " published_on language outlet canonical_url charset text_sha256 origin captured_by_id",
        "The entry that captured the page.",
    )
    | _log("text", "Its SHA-256 is in the entry.")
    | _log("redacted_index", "The last entry that redacted it."),
    "feeds": _log("seq id url title every added_by_id added_at", "The feed's entries.")
    | _log("revision removed_index", "The number of the feed's last entry, and the one that removed it.")
    | _operational(
        "next_at checked_at failures error read_url etag modified",
        "Have a feed fetched sooner, later or not at all, or show another result of the last time. What was found is in"
        " the log.",
    ),
    "inbox_items": _log(
        "seq capture_id feed_id title published_at guid_key link_key", "The entry that captured the item's page."
    )
    | _log("left_index article_id", "The entry that dismissed the item, or made an article of it."),
    # ── Rating scales and reports
    "rating_scales": _log("seq id name language description url ratings revision added_at", "The scale's entries.")
    | _log("withdrawn_index withdrawn_at withdrawn_reason", "The entry that withdrew the scale."),
    "reports": _log(
        "seq id language embargo_until title state number created_by_id created_at", "The report's entries."
    )
    | _log("ended_at ended_reason ended_by_id redacted_index", "The entry that ended the report, or redacted it.")
    | _log("revision changed_index", "The number and the place of the report's last entry."),
    "report_versions": _log(
        "report_id number log_index language title summary text saved_by_id saved_at", "The entry that saved it."
    ),
    "report_publications": _log("log_index report_id number at correction published_by_id", "Its entry.")
    | _log("cancelled_index", "The entry that took the publication back before its time."),
    "site_pages": _log("seq id name language title text revision changed_at changed_index", "The page's entries.")
    | _log("withdrawn_index withdrawn_at withdrawn_reason", "The entry that withdrew the page."),
    "correction_requests": _log("seq id report_id claim_id text url received_at", "The entry that received it.")
    | _log("answer answered_at answered_by_id", "The newest entry that answered it.")
    | _log("redacted_index revision changed_index", "The request's entries."),
    "publication_claims": _log("claim_id log_index", "The entry that published it."),
    "corrections": _derived("log_index at claim_id report_id", CORRECTIONS),
    "report_claims": _derived("claim_id report_id number", "The references in the version's text."),
    "report_drafts": _operational(
        "report_id person_id number title summary text saved_at", "Show somebody other words than they typed."
    ),
    # ── Claims
    "claims": _log("seq id external_id article_id text kind low high unit wording tags", "The claim's entries.")
    | _log(
        "status reason reviewed_by_id reviewed_at valid_on review_by rating",
        "The entry that decided or reopened the content.",
    )
    | _log(
        "attribution_status attribution_reason attribution_reviewed_by_id attribution_reviewed_at",
        "The entry that decided or reopened the attribution.",
    )
    | _log("entered_by_id created_at revision", "Who made the first entry and when, and the number of the last one.")
    | _log("withdrawn_at withdrawn_reason withdrawn_by_id", "The entry that withdrew the claim.")
    | _derived("second_opinion_at", "The newest open second opinion.")
    | _derived("origin_id origin_interested", "The last step of the attribution.")
    | _derived("changed_index updated_at", "The last entry that changed the claim's JSON.")
    | _derived("etag document", "Rendered from everything that the log says of the claim."),
    "assignments": _log(
        "seq id claim_id person_id due_on priority note assigned_by_id assigned_at revision",
        "The entries of the claim's assignment.",
    ),
    "comments": _log(
        "seq id claim_id article_id thread_id text quote_snapshot quote_start quote_end quote_exact author_id"
        " created_at",
        "The comment's first entry, and those that edited it.",
    )
    | _log("edited_at withdrawn_at withdrawn_by_id", "The last entry that edited it, and the one that withdrew it.")
    | _log("revision changed_index", "The number and the place of the comment's last entry.")
    | _log("redacted_index", "The last entry that redacted it or words of it."),
    "comment_mentions": _log(
        "person_id comment_seq position", "The last entry of the comment that says whom it mentions."
    ),
    "claim_versions": _derived(
        "claim_seq changed_index from_at etag document",
        "Rendered from what the log said before each change of the JSON.",
    ),
    "claim_tags": _derived("claim_seq tag changed_index", "The claim's tags, and its place in lists."),
    "claim_sources": _derived("claim_seq source_id changed_index", "The sources of the chain, and the place in lists."),
    "quotes": _log("claim_id hop role position snapshot exact prefix suffix start_at end_at", "The claim's entries.")
    | _log("now_snapshot now_start now_end now_exact now_state", "The entry that found it in a newer snapshot.")
    | _derived("state", "Whether it has a place in the newest snapshot."),
    "hops": _log(
        "claim_id position source_id described_as cue directness on_behalf_of_id interested note",
        "The claim's entries.",
    ),
    "evidence": _log(
        "id claim_id stance url title source_id origin_id excerpt archived_url note",
        "The entry that added the evidence.",
    )
    | _log("position", "The order of the entries that added evidence.")
    | _log("added_by_id added_at", "Who made that entry, and when.")
    | _log("withdrawn_at withdrawn_reason withdrawn_by_id", "The entry that withdrew the evidence.")
    | _log("capture_id", "The entry that added the evidence, or its capture afterwards.")
    | _log("unreachable unreachable_since", "The last entry of a check that found its page gone, or there again.")
    | _operational("checked_at", "Have the page of evidence checked sooner or later. What is found is in the log."),
    "occurrences": _log(
        "id claim_id url kind said_on place account capture_id timecode", "The entry that added the occurrence."
    )
    | _log("position", "The order of the entries that added occurrences.")
    | _log("added_by_id added_at", "Who made that entry, and when.")
    | _log("withdrawn_at withdrawn_reason withdrawn_by_id", "The entry that withdrew the occurrence."),
    "relations": _log(
        "id log_index claim_id kind other_id note added_by_id added_at", "The entry that related the claims."
    ),
    "reviews": _log(
        "id log_index claim_id question before status reason evidence_ids valid_on review_by rating reviewer_id"
        " reviewed_at",
        "The entry that decided.",
    ),
    "second_opinions": _log(
        "id log_index claim_id question by_policy asked_by_id asked_at note reviewer_id first_review_id",
        "The entry that asked.",
    )
    | _log("second_review_id second_status outcome closed_at", "The entry that ended it.")
    | _derived("first_index first_reviewer_id first_status", "The first review."),
    # ── The audit
    "claim_audits": _derived(
        "claim_seq article_id status attribution_status coverage origins independent_origins conflict_group", AUDIT
    ),
    "findings": _derived("claim_seq kind since explanation article_id status", AUDIT),
    "finding_sources": _derived("claim_seq kind source_id since", AUDIT),
    "tallies": _derived("article_id measure value n", AUDIT),
    "article_findings": _derived("article_id n", AUDIT),
    "status_changes": _derived("log_index question claim_seq before after actor_id at", AUDIT),
    "status_change_days": _derived("day actor_id question before after n", AUDIT),
    "source_standings": _derived(
        "claim_seq source_id from_index role kind year status attribution_status from_at until_at", AUDIT
    ),
    "source_tallies": _derived("source_id role kind year status attribution_status n", AUDIT),
    "source_references": _derived("source_id claim_seq", AUDIT),
    # ── Statistics
    "statistic_claims": _derived("claim_seq added_at added_by_id article_id outlet_id tags active", STATISTICS),
    "statistic_events": _derived("claim_seq log_index question act before after actor_id at", STATISTICS),
    "statistic_counts": _derived("scope person measure day value n", STATISTICS),
    # ── Notifications
    "notifications": _derived("person_id log_index kind claim_id article_id comment_id actor_id at", NOTIFICATIONS),
    "notification_marks": _operational("person_id seen_index", "Show somebody as new, or as seen, what is not."),
    # ── Preferences
    "preferences": _operational("person_id language time_zone", "Show somebody another language or time zone.")
    | _operational("toured_at", "Show somebody the tour of the desk again.")
    | _operational("email", "Have notifications of somebody, and login links that admins mail, sent elsewhere."),
    "mail_choices": _operational(
        "person_id kind delivery mailed_index", "Mail notifications to their person again, at another time or never."
    ),
    "mail_marks": _operational(
        "person_id daily_on at_once_begun daily_begun", "Send somebody a mail again, or a daily mail on another day."
    ),
    "saved_filters": _operational(
        "id person_id list_name name query saved_at", "Have a saved filter of somebody show another list, or remove it."
    ),
    # ── What keeps the desk running
    "followers": _operational(
        "name version position rate moved_at", "Stop a follower, or let it start over; its data stays as proved."
    ),
    "likely_duplicates": _operational(
        "first_seq second_seq score found_index",
        "Hide two claims that are likely the same, or show two others. What people say of them is in the log.",
    ),
    "source_pairs": _operational(
        "first_seq second_seq score because first_kind second_kind",
        "Hide two sources that may be one, or show two others. What people judge them to be is in the log.",
    ),
    "upkeep": _operational(
        "id version",
        "Have the next start render stored JSON again, and attest what claims' rows hold then, forged or not. Each"
        " `attest` entry is in the log, and an upgrade is the only reason for one.",
    ),
    "webhooks": _operational(
        "seq id owner_id url description filters by_status_since secret_number secret_digest rotated_at position"
        " failures failing_since resume_at last_success_at attempts disabled_at disabled_for created_at updated_at",
        "Send messages to another address, send old ones again, or stop them. A message holds no text of the desk.",
    ),
    "webhook_messages": _operational(
        "webhook_seq log_index attempts first_at next_at", "Drop a message that failed, or send it more often."
    ),
    "webhook_deliveries": _operational(
        "webhook_seq number message_id log_index attempt at milliseconds status error given_up",
        "Show other attempts to deliver messages than there were.",
    ),
}


def operational() -> Iterator[tuple[str, list[str], str]]:
    """Yield what the log does not prove: table, columns, and what somebody could do who changes them."""
    for table, columns in ORIGINS.items():
        reasons = dict.fromkeys(each.why for each in columns.values() if each.kind is Kind.OPERATIONAL)
        for why in reasons:
            yield table, [name for name, each in columns.items() if each.why == why], why
