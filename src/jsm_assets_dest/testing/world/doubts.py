"""One switch for each point on which the sources about the service contradict each other or are silent."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Doubts:
    """The readings of doubtful points that the emulator follows.

    The default of a switch is the likelier reading. For requests whose acceptance is doubtful, the default is to accept.
    For results that can lose data or mislead (paging, removal, visibility), the default is the harsher reading. Run
    tests that must pass under each reading with both.

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
    """

    __module__ = "jsm_assets_dest.testing"

    object_types_in_entries: bool = False
    is_last_as_text: bool = False
    is_last_absent: bool = False
    parent_id_as_number: bool = False
    import_source_schema_as_uuid: bool = False
    icon_ids_as_uuid: bool = False
    repeated_mapping_put: bool = False
    mapping_put_is_asynchronous: bool = True
    mapping_seconds: float = 1.0
    mapping_needs_external_id_part: bool = True
    mapping_names_must_match: bool = False
    unknown_external_id_code: str = "UNKNOWN_EXTERNAL_ID_MAPPING"
    two_labels_accepted: bool = True
    unlimited_cardinality_accepted: bool = True
    unknown_import_source_status: int = 400
    unknown_id_in_body_status: int = 400
    schema_reference_types_present: bool = True
    execution_link_spelling: str = "insight"
    delete_object_status: int = 200
    delete_object_body: bool = False
    unlicensed_workspace_status: int = 403
    non_agents_can_search: bool = False
    group_and_status_values_in_search_value_only: bool = False
    fresh_token_seconds: float = 0.0
    attribute_update_needs_configure: bool = False
    roles_writable: bool = True
    roles_readable: bool = True
    global_config_present: bool = True
    reads_cross_schema_switch: bool = True
    total_present: bool = True
    total_capped_at: int = 1000
    largest_page: int = 1000
    larger_pages: str = "cut"
    is_last_too_early: bool = True
    extra_page_fields: bool = False
    short_page_every: int = 0
    ties_differ_between_queries: bool = True
    order_by_key_as_text: bool = False
    search_lag_seconds: float = 0.0
    count_lag_seconds: float = 0.0
    search_snapshot: bool = False
    longest_query: int = 0
    largest_in_list: int = 0
    unknown_attribute_finds_nothing: bool = False
    schema_key_can_change: bool = False
    seraph_header_on_success: bool = True
    import_errors_fail_result: bool = False
    container_token_status: int = 401
    identifiers_ignore_case: bool = True
    mapping_resets_missing_objects: bool = True
    missing_objects_need_registration: bool = False
    registration_seconds: float = 60.0
    type_without_entries_is_skipped: bool = False
    removal_includes_unmapped_children: bool = False
    cancelled_run_counts: bool = False
    identical_objects_are_touched: bool = False
    last_duplicate_wins: bool = False
    references_resolved_per_chunk: bool = False
    missing_objects_key: str = ""
    created_query_in: str = "progress"
    object_update_replaces: bool = False
    object_update_needs_type: bool = True
    attribute_id_as_text_ignored: bool = False
    inactive_users_accepted: bool = False
    group_values: str = "name or id"
    avatar_token: bool = True
    assets_texts_translated: bool = True
    assets_follows_language_headers: bool = False
    responses_compressed: bool = False
    users_filtered_first: bool = False
