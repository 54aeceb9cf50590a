"""One switch for each point on which the sources about the service contradict each other or are silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import attrs
from attrs import frozen

from .entities import short_repr

_T = TypeVar("_T", bool, int, float, str)

_REMOVAL = (
    "It needs a setting for missing objects that only a person can make, and that a new mapping may reset."
)
_PEOPLE = "It needs an inactive account, and the probe reads no people."


def _switch(default: _T, *, by: str = "", because: str = "", choices: Sequence[_T] | None = None) -> _T:
    """Declare a switch.

    Args:
        default: the likelier or the harsher reading.
        by: the name of the question group of the probe that settles it.
        because: the reason if no question settles it.
        choices: the readings, if there are only a few.
    """
    metadata = {"unprobed": because} if because else {"probe": by}

    def check(_: object, switch: attrs.Attribute[_T], value: object) -> None:
        expected: type = type(default)
        types = (expected, int) if issubclass(expected, float) else (expected,)
        if type(value) not in types:
            raise ValueError(f"{switch.name} is {value!r}; it must be of type {expected.__name__}")
        if choices is not None and value not in choices:
            listed = ", ".join(map(repr, choices))
            raise ValueError(f"{switch.name} is {value!r}; it must be one of {listed}")

    field: _T = attrs.field(default=default, metadata=metadata, validator=check)
    return field


@frozen(kw_only=True)
class Doubts:
    """The readings of doubtful points that the emulator follows.

    The default of a switch is the likelier reading. For requests whose acceptance is doubtful, the default is to accept.
    For results that can lose data or mislead (paging, removal, visibility), the default is the harsher reading. Run
    tests that must pass under each reading with both. Each switch names the question group of the probe
    (`python -m jsm_assets_dest.testing.probe`) that settles it for a real site, or the reason why none does.

    Args:
        object_types_in_entries: `GET objectschema/{id}/objecttypes` returns a bare array (observed by clients and in
            the newer OpenAPI document); True returns `{"entries": [...]}` (the December 2025 document).
        is_last_as_text: `isLast` of a search is a boolean; True makes it the string of an example.
        is_last_absent: leave `isLast` and `last` out of searches.
        parent_id_as_number: `parentObjectTypeId` is a string (observed); True makes it a number (OpenAPI document).
        import_source_schema_as_uuid: an import source names its schema by number (observed); True makes it a UUID.
        icon_ids_as_uuid: icon ids are decimal strings; True makes them UUIDs (observed by one client).
        repeated_mapping_put: the second PUT of a mapping is rejected with 409 (OpenAPI document); True accepts it,
            as one live app seems to expect.
        mapping_put_is_asynchronous: PUT follows `?async=true` as PATCH does; False always responds with 204.
        mapping_seconds: duration of an async mapping on the emulator's clock.
        mapping_needs_external_id_part: a mapped type without any `externalIdPart` is rejected (a guess).
        mapping_names_must_match: names in a mapping must be exact, even if the external ids match. The default accepts
            another letter case, as in a document in use.
        unknown_external_id_code: the code for a mapping of an unknown external id, `UNKNOWN_EXTERNAL_ID_MAPPING` or
            `MAPPING_INVALID_EXTERNAL_ID`; both were reported.
        two_labels_accepted: a second attribute with `label: true` becomes the label; False rejects it.
        unlimited_cardinality_accepted: `maximumCardinality: -1` is accepted for attributes (OpenAPI document); False
            rejects it (one migration program). Mappings always accept it.
        unknown_import_source_status: 400 (declared) or 404 for calls below an unknown import source. The import source
            itself and its schedules are always 404.
        unknown_id_in_body_status: 400 (declared for objects) or 404 for an unknown id in a body.
        schema_reference_types_present: `GET objectschema/{id}/referencetypes` exists, as one program expects.
        execution_link_spelling: `insight`, as in the example of the OpenAPI document, or `assets`.
        delete_object_status: 200 or 204; the OpenAPI document declares none.
        delete_object_body: send the deleted object along with a 200.
        unlicensed_workspace_status: 403 or 404 if the account has no access to Jira Service Management.
        non_agents_can_search: accounts without access to Jira Service Management are rejected with 403; True responds
            to their searches without labels (one tracker report).
        group_and_status_values_in_search_value_only: leave `value` out of group and status values.
        fresh_token_seconds: time during which a new container token is rejected (one client waits 3 s).
        attribute_update_needs_configure: PUT ignores cardinality, hidden, unique and options, and only `.../configure`
            changes them (one tool behaves accordingly).
        roles_writable: roles can be set through the site gateway; False responds with 404.
        roles_readable: roles can be read through the site gateway (seen in one client).
        global_config_present: `GET /global/config...` exists (in one edition of the document only).
        reads_cross_schema_switch: object schemas have `crossSchemaReferencingAllowed`.
        total_present: searches have `total` (gone in the newest description).
        total_capped_at: the highest `total` of a search; 0 for no cap.
        largest_page: the maximum size of a page.
        larger_pages: a larger `maxResults` is "cut" to `largest_page`, "honored", or "rejected" with 400.
        is_last_too_early: `isLast` is true on every page of 1000 or more (a confirmed bug, marked as fixed).
        extra_page_fields: searches have the old fields `totalFilterCount` and `hasMoreResults`.
        short_page_every: every n-th page before the last has one object less; 0 for never.
        ties_differ_between_queries: objects with equal order keys have another order in another query.
        order_by_key_as_text: `order by Key` compares `X-10` and `X-9` as strings.
        search_lag_seconds: time after which searches find imported objects.
        count_lag_seconds: time after which `totalcount` counts imported objects.
        search_snapshot: a search at `startAt=0` fixes the result for the following pages. By default, every page is a
            new search, so changes move rows.
        longest_query: the maximum length of a query; 0 for no limit.
        largest_in_list: the maximum number of values in `IN (...)`; 0 for no limit.
        unknown_attribute_finds_nothing: a query with an unknown attribute is rejected with 400; True returns no objects.
        schema_key_can_change: PUT of a schema changes its key; False leaves the key unchanged without an error.
        seraph_header_on_success: anonymous 200 responses have `X-Seraph-Loginreason` after a failed login.
        import_errors_fail_result: `result` of an import with rejected entries is `FAILED`; False leaves it `OK`.
        container_token_status: 401 or 403 for a replaced or wrong container token.
        identifiers_ignore_case: identifiers of imported entries are compared ignoring case (a setting in the user
            interface; its default is unknown).
        mapping_resets_missing_objects: PUT and PATCH of a mapping set the policy for missing objects to "ignore"
            (reported by one app).
        missing_objects_need_registration: an object becomes removable only after a run has registered it with the import
            source and `registration_seconds` have passed (measured by one app). By default, every object of the type is
            removed immediately (Atlassian's help).
        registration_seconds: see `missing_objects_need_registration`.
        type_without_entries_is_skipped: a mapped type without entries in the data is skipped. By default, all its
            objects are missing.
        removal_includes_unmapped_children: objects of unmapped child types are missing, too.
        cancelled_run_counts: a run that was cancelled counts for the threshold of missing objects.
        identical_objects_are_touched: an identical entry changes `updated`.
        last_duplicate_wins: of several entries with one identifier, the last one is written. By default, it is the first.
        references_resolved_per_chunk: references to objects of later chunks are dropped. By default, references are
            resolved after all types.
        missing_objects_key: the key under which `GET importsource/{id}` shows the policy for missing objects; "" for
            none, as in the documents.
        created_query_in: the "progress" resource has `objectsCreatedQlQuery`; "status" adds it to the execution's status,
            "" leaves it out.
        object_update_replaces: PUT of an object clears the attributes that it does not contain.
        object_update_needs_type: PUT of an object without `objectTypeId` is rejected with 400 (OpenAPI document).
        attribute_id_as_text_ignored: values whose `objectTypeAttributeId` is a string are ignored (one report).
        inactive_users_accepted: inactive accounts are accepted as values.
        group_values: groups are accepted by "name or id", "name", or "id".
        avatar_token: avatars contain a media token, as in the example of the OpenAPI document.
        assets_texts_translated: Assets and Jira Service Management respond in the language of the account, as Jira does
            (recorded for Jira only). False makes them English.
        assets_follows_language_headers: Assets and Jira Service Management obey `X-Force-Accept-Language`, as Jira does.
            By default, they ignore it, so nothing may depend on their words.
        responses_compressed: JSON responses are compressed if the request accepts gzip (recorded for Jira).
        users_filtered_first: user searches filter before they cut the window. By default, they filter afterwards, so
            pages can be short or empty before the end.
        user_search_page: the maximum size of a page of a user search, whatever is requested (seen by one client).
        imports_empty_unmapped_attributes: an import empties the attributes of its objects that its mapping does not fill,
            such as users and groups. By default, it leaves them unchanged (implied by two apps).
        jsm_has_account_header: `/rest/servicedeskapi` responses have `X-AAccountId`. It was only recorded on
            `/rest/api`, so by default it is absent, and nothing may depend on it.
        assets_has_account_header: Assets responses have `X-AAccountId`; see above.
        classic_token_on_short: `api.atlassian.com/jsm/assets` accepts classic API tokens (several clients).
        classic_token_on_ex_jira: `api.atlassian.com/ex/jira/{cloudId}` accepts classic API tokens (one client).
        classic_token_on_site_gateway: the site's own gateway accepts classic API tokens for Assets (several clients).
        unknown_workspace_status: 404 or 403 for an unknown workspace.
        schema_without_role_status: 403 or 404 for an object schema in which the account has no role.
        repeated_chunk_counts: the data of a repeated `clientGeneratedId` is imported. By default, it is ignored.
        chunk_after_completed_status: the status of a chunk after `completed`; the data is never imported.
    """

    __module__ = "jsm_assets_dest.testing"
    __repr__ = short_repr

    object_types_in_entries: bool = _switch(False, by="lists")
    is_last_as_text: bool = _switch(False, by="search")
    is_last_absent: bool = _switch(False, by="search")
    parent_id_as_number: bool = _switch(False, by="lists")
    import_source_schema_as_uuid: bool = _switch(False, by="import")
    icon_ids_as_uuid: bool = _switch(False, by="lists")
    repeated_mapping_put: bool = _switch(False, by="import")
    mapping_put_is_asynchronous: bool = _switch(True, by="import")
    mapping_seconds: float = _switch(1.0, by="import")
    mapping_needs_external_id_part: bool = _switch(True, by="import")
    mapping_names_must_match: bool = _switch(False, by="import")
    unknown_external_id_code: str = _switch(
        "UNKNOWN_EXTERNAL_ID_MAPPING",
        by="import",
        choices=("UNKNOWN_EXTERNAL_ID_MAPPING", "MAPPING_INVALID_EXTERNAL_ID"),
    )
    two_labels_accepted: bool = _switch(True, by="objects")
    unlimited_cardinality_accepted: bool = _switch(True, by="objects")
    unknown_import_source_status: int = _switch(400, by="errors", choices=(400, 404))
    unknown_id_in_body_status: int = _switch(400, by="objects", choices=(400, 404))
    schema_reference_types_present: bool = _switch(True, by="lists")
    execution_link_spelling: str = _switch("insight", by="import", choices=("insight", "assets"))
    delete_object_status: int = _switch(200, by="objects", choices=(200, 204))
    delete_object_body: bool = _switch(False, by="objects")
    unlicensed_workspace_status: int = _switch(403, by="second account", choices=(403, 404))
    non_agents_can_search: bool = _switch(False, by="second account")
    group_and_status_values_in_search_value_only: bool = _switch(False, by="objects")
    fresh_token_seconds: float = _switch(0.0, by="token")
    attribute_update_needs_configure: bool = _switch(False, by="objects")
    roles_writable: bool = _switch(True, by="objects")
    roles_readable: bool = _switch(True, by="lists")
    global_config_present: bool = _switch(True, by="lists")
    reads_cross_schema_switch: bool = _switch(True, by="identity")
    total_present: bool = _switch(True, by="search")
    total_capped_at: int = _switch(1000, by="search")
    largest_page: int = _switch(1000, by="search")
    larger_pages: str = _switch("cut", by="search", choices=("cut", "honored", "rejected"))
    is_last_too_early: bool = _switch(True, by="search")
    extra_page_fields: bool = _switch(False, by="search")
    short_page_every: int = _switch(
        0, because="Short pages come at random; a few requests cannot exclude them."
    )
    ties_differ_between_queries: bool = _switch(True, by="import")
    order_by_key_as_text: bool = _switch(False, by="search")
    search_lag_seconds: float = _switch(0.0, by="import")
    count_lag_seconds: float = _switch(0.0, by="import")
    search_snapshot: bool = _switch(False, by="import")
    longest_query: int = _switch(0, by="search")
    largest_in_list: int = _switch(0, by="search")
    unknown_attribute_finds_nothing: bool = _switch(False, by="search")
    schema_key_can_change: bool = _switch(False, by="objects")
    seraph_header_on_success: bool = _switch(True, by="errors")
    import_errors_fail_result: bool = _switch(False, by="import")
    container_token_status: int = _switch(401, by="errors", choices=(401, 403))
    identifiers_ignore_case: bool = _switch(True, by="import")
    mapping_resets_missing_objects: bool = _switch(
        True, because="The setting can be neither set nor read by a request."
    )
    missing_objects_need_registration: bool = _switch(False, because=_REMOVAL)
    registration_seconds: float = _switch(60.0, because=_REMOVAL)
    type_without_entries_is_skipped: bool = _switch(False, because=_REMOVAL)
    removal_includes_unmapped_children: bool = _switch(False, because=_REMOVAL)
    cancelled_run_counts: bool = _switch(False, because=_REMOVAL)
    identical_objects_are_touched: bool = _switch(False, by="import")
    last_duplicate_wins: bool = _switch(False, by="import")
    references_resolved_per_chunk: bool = _switch(False, by="import")
    missing_objects_key: str = _switch("", by="import")
    created_query_in: str = _switch("progress", by="import", choices=("progress", "status", ""))
    object_update_replaces: bool = _switch(False, by="objects")
    object_update_needs_type: bool = _switch(True, by="objects")
    attribute_id_as_text_ignored: bool = _switch(False, by="objects")
    inactive_users_accepted: bool = _switch(False, because=_PEOPLE)
    group_values: str = _switch("name or id", by="objects", choices=("name or id", "name", "id"))
    avatar_token: bool = _switch(True, by="search")
    assets_texts_translated: bool = _switch(True, by="errors")
    assets_follows_language_headers: bool = _switch(False, by="errors")
    responses_compressed: bool = _switch(False, by="identity")
    users_filtered_first: bool = _switch(False, because=_PEOPLE)
    user_search_page: int = _switch(100, because=_PEOPLE)
    imports_empty_unmapped_attributes: bool = _switch(
        False, because="The import of the probe fills all attributes of its object type."
    )
    jsm_has_account_header: bool = _switch(False, by="identity")
    assets_has_account_header: bool = _switch(False, by="identity")
    classic_token_on_short: bool = _switch(True, by="identity")
    classic_token_on_ex_jira: bool = _switch(True, by="identity")
    classic_token_on_site_gateway: bool = _switch(True, by="identity")
    unknown_workspace_status: int = _switch(404, by="errors", choices=(403, 404))
    schema_without_role_status: int = _switch(403, by="second account", choices=(403, 404))
    repeated_chunk_counts: bool = _switch(False, by="import")
    chunk_after_completed_status: int = _switch(400, by="import", choices=(200, 400, 404, 409))
