"""One switch for each point on which the sources about the service contradict each other or are silent."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class Doubts:
    """Which of several readings of the service the emulator follows.

    Every switch stands at the likelier reading, named first. Tests that must hold under each reading run with both.
     object_types_in_entries: `GET objectschema/{id}/objecttypes` answers a bare array (observed by clients and
            in the newer OpenAPI document); True answers `{"entries": [...]}` (the December 2025 document).
        is_last_as_text: `isLast` of a search is a boolean; True makes it the text of an example.
        parent_id_as_number: `parentObjectTypeId` is text (observed); True makes it a number (OpenAPI document).
        import_source_schema_as_uuid: an import source names its schema by number (observed); True makes it a UUID.
        icon_ids_as_uuid: icon ids are decimal text; True makes them UUIDs (observed by one client).
        repeated_mapping_put: the second PUT of a mapping is refused with 409 (OpenAPI document); True accepts it,
            as one live app seems to rely on.
        mapping_put_is_asynchronous: PUT follows `?async=true` like PATCH does; False answers 204 always.
        mapping_seconds: how long an asynchronous mapping takes on the emulator's clock.
        mapping_needs_external_id_part: a mapped type without any `externalIdPart` is refused (a guess).
        execution_link_spelling: `insight`, as in the example of the OpenAPI document, or `assets`.
        delete_object_status: 200 or 204; the OpenAPI document declares none.
        delete_object_body: send the deleted object along with a 200.
        unlicensed_workspace_status: 403 or 404 when the account has no access to Jira Service Management.
        group_and_status_values_in_search_value_only: leave `value` out of group and status values.
        fresh_token_seconds: how long a new container token is refused before it works (one client waits 3 s).
        attribute_update_needs_configure: cardinality, hidden, unique and options are ignored by PUT and only
            changed by `.../configure` (one tool behaves as if it were so).
        roles_writable: roles can be set through the site gateway; False answers 404 there, as an endpoint that
            does not exist on Cloud would.
        roles_readable: roles can be read through the site gateway (seen in one client).
        global_config_present: `GET /global/config...` exists (in one edition of the document only).
        reads_cross_schema_switch: object schemas carry `crossSchemaReferencingAllowed`.
        total_capped_at: where `total` of a search stops; 0 never caps.
        largest_page: the most a page of a search holds, whatever `maxResults` says.
        schema_key_can_change: PUT of a schema changes its key; False keeps the old one silently.
        seraph_header_on_success: anonymous answers with 200 carry `X-Seraph-Loginreason` after a failed login.
        import_errors_fail_result: `result` of an import with refused entries is `FAILED`; False leaves it `OK`.
        container_token_status: what a replaced or wrong container token gets, 401 or 403.
    """

    __module__ = "jsm_assets_dest.testing"

    object_types_in_entries: bool = False
    is_last_as_text: bool = False
    parent_id_as_number: bool = False
    import_source_schema_as_uuid: bool = False
    icon_ids_as_uuid: bool = False
    repeated_mapping_put: bool = False
    mapping_put_is_asynchronous: bool = True
    mapping_seconds: float = 1.0
    mapping_needs_external_id_part: bool = True
    execution_link_spelling: str = "insight"
    delete_object_status: int = 200
    delete_object_body: bool = False
    unlicensed_workspace_status: int = 403
    group_and_status_values_in_search_value_only: bool = False
    fresh_token_seconds: float = 0.0
    attribute_update_needs_configure: bool = False
    roles_writable: bool = True
    roles_readable: bool = True
    global_config_present: bool = True
    reads_cross_schema_switch: bool = True
    total_capped_at: int = 1000
    largest_page: int = 1000
    schema_key_can_change: bool = False
    seraph_header_on_success: bool = True
    import_errors_fail_result: bool = False
    container_token_status: int = 401
