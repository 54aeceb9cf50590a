"""The kinds of misreading that the first contact with real sites revealed, and the tests of each.

A kind without a test, and a name without a test, fail here.
"""

from __future__ import annotations

from tests.test_fault_matrix import named_tests

#: Heading of the kind, what must hold, and the tests that show it.
KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "identity",
        "the account header is decoded once, for comparing and for showing",
        (
            "access/test_first_contact.py::test_encoded_account_id_is_the_same_account",
            "access/test_first_contact.py::test_account_id_is_decoded_once",
            "access/test_first_contact.py::test_other_account_is_still_rejected",
        ),
    ),
    (
        "identity",
        "a missing header after a proved login is no rejection",
        ("access/test_permissions.py::test_missing_account_is_not_a_rejection_after_a_proved_login",),
    ),
    (
        "identity",
        "an empty response without the header is unknown",
        (
            "access/test_permissions.py::test_empty_list_without_an_account_is_unknown",
            "access/test_permissions.py::test_jira_response_without_an_account_is_unknown",
            "access/test_permissions.py::test_empty_list_of_workspaces_is_proved_by_the_login",
        ),
    ),
    (
        "throttling",
        "the hint is that of the limit that was hit",
        (
            "access/test_hints.py::test_hint_is_that_of_the_exhausted_limit",
            "access/test_throttling.py::test_burst_limit_next_to_a_quota_waits_one_second",
        ),
    ),
    (
        "throttling",
        "ISO, Unix, past, and absurd resets are read or ignored",
        (
            "access/test_hints.py::test_every_form_of_the_rate_limit_reset",
            "access/test_hints.py::test_every_form_of_retry_after",
        ),
    ),
    (
        "throttling",
        "no throttle, of any length, ends an import (R14)",
        (
            "stories/test_throttled_imports.py::test_import_waits_for_a_long_throttle",
            "stories/test_throttled_imports.py::test_stopped_import_leaves_its_execution_open",
            "stories/test_throttled_imports.py::test_stopped_import_is_resumed_from_its_journal",
            "stories/test_throttled_imports.py::test_manual_execution_waits_and_stays_open",
            "stories/test_throttled_imports.py::test_throttled_completion_leaves_the_execution_open",
            "stories/test_throttled_imports.py::test_throttled_source_leaves_the_execution_open",
            "stories/test_throttled_imports.py::test_long_throttle_is_not_a_timeout_of_assets",
            "access/test_throttling.py::test_throttling_leaves_the_deadline_to_failures",
        ),
    ),
    (
        "throttling",
        "the limit of imports is separate from that of calls",
        (
            "access/test_throttling.py::test_import_waits_longer_than_a_call",
            "access/test_throttling.py::test_call_does_not_wait_for_a_gate_closed_for_an_hour",
            "stories/test_throttled_imports.py::test_throttle_before_the_start_is_raised",
        ),
    ),
    (
        "throttling",
        "the wait is in the progress and in the log",
        (
            "stories/test_throttled_imports.py::test_wait_is_in_the_progress",
            "stories/test_throttled_imports.py::test_wait_is_in_the_log",
        ),
    ),
    (
        "throttling",
        "the jitter survives the shared gate",
        (
            "access/test_throttling.py::test_jitter_survives_the_gate",
            "access/test_gate.py::test_throttled_together_keep_the_first_random_wait",
        ),
    ),
    (
        "throttling",
        "limits on good responses stop nothing",
        ("access/test_throttling.py::test_limits_on_a_good_response_stop_nothing",),
    ),
    (
        "throttling",
        "no cookie is sent back",
        (
            "access/test_recorded_forms.py::test_english_is_requested_and_no_cookie_is_returned",
            "access/test_recorded_forms.py::test_async_requests_english_and_returns_no_cookie",
            "engine/test_engines.py::test_never_follows_a_redirect_and_keeps_no_cookie",
        ),
    ),
    (
        "addresses",
        "no request goes to an origin that only a response names",
        (
            "access/test_addresses_in_responses.py::test_forge_token_stays_on_the_gateway",
            "access/test_addresses_in_responses.py::test_request_to_another_origin_is_not_sent",
            "access/test_addresses_in_responses.py::test_foreign_location_receives_no_token",
            "access/test_addresses_in_responses.py::test_roles_are_not_set_on_a_host_that_a_response_named",
            "access/test_links.py::test_link_to_anywhere_else_is_rejected",
        ),
    ),
    (
        "addresses",
        "a 303 without Location is no success",
        (
            "access/test_addresses_in_responses.py::test_303_without_location_is_not_a_success",
            "access/test_addresses_in_responses.py::test_303_without_location_is_proved_by_reading",
        ),
    ),
    (
        "addresses",
        "a Location that can't be parsed is malformed, and sent once",
        ("access/test_addresses_in_responses.py::test_row_17a_invalid_location_is_sent_once",),
    ),
    (
        "secrets",
        "no signature shows the environment",
        ("access/test_secrets_in_arguments.py::test_no_signature_shows_the_environment",),
    ),
    (
        "secrets",
        "no frame of a rejected argument shows it",
        (
            "access/test_secrets_in_arguments.py::test_no_frame_of_a_rejected_argument_shows_it",
            "access/test_secrets_in_arguments.py::test_missing_setting_shows_no_other_setting",
            "access/test_credentials.py::test_traceback_with_locals_shows_nothing",
        ),
    ),
    (
        "diagnosis",
        "English is requested, and no decision needs it",
        (
            "access/test_recorded_forms.py::test_english_is_requested_and_no_cookie_is_returned",
            "access/test_other_languages.py::test_taken_name_is_detected_in_every_language",
            "access/test_other_languages.py::test_missing_admin_permission_is_detected_in_every_language",
            "access/test_other_languages.py::test_failures_are_the_same_in_every_language",
            "access/test_other_languages.py::test_check_works_in_korean",
            "access/test_other_languages.py::test_async_check_works_in_korean",
        ),
    ),
    (
        "diagnosis",
        "`size` above the number of items is unknown",
        ("access/test_recorded_forms.py::test_products_are_known_only_if_all_are_listed",),
    ),
    (
        "diagnosis",
        "a workspace response without `values` is malformed",
        (
            "access/test_first_contact.py::test_workspace_response_without_values_is_malformed",
            "access/test_recorded_forms.py::test_workspace_response_without_values_is_unknown",
        ),
    ),
    (
        "diagnosis",
        "an unexpected exception is reported as what it is",
        ("access/test_first_contact.py::test_exception_of_a_transport_is_not_blamed_on_the_token",),
    ),
    (
        "diagnosis",
        "a page of CloudFront may be Atlassian's own",
        ("access/test_first_contact.py::test_page_of_cloudfront_is_not_blamed_on_the_network",),
    ),
    (
        "diagnosis",
        '"ready" only about what was queried; writing is unknown; all scopes once',
        (
            "access/test_permissions.py::test_administrator_with_a_classic_token_is_ready",
            "access/test_permissions.py::test_writing_is_unknown_for_a_token_with_scopes",
            "access/test_permissions.py::test_token_that_reads_only_schemas_is_not_ready",
            "access/test_permissions.py::test_remedies_are_shown_once",
        ),
    ),
    (
        "diagnosis",
        "the recorded forms are read correctly (R13)",
        (
            "access/test_recorded_forms.py::test_recorded_form_is_read_correctly",
            "access/test_recorded_forms.py::test_every_section_has_forms",
        ),
    ),
    (
        "transports",
        "one listener for the start and the end of each attempt",
        (
            "access/test_on_request.py::test_listener_learns_start_and_end_of_each_attempt",
            "access/test_on_request.py::test_async_listener_is_awaited",
            "access/test_on_request.py::test_import_notifies_from_its_workers",
            "access/test_on_request.py::test_names_have_few_values",
            "test_documentation.py::test_page_runs_from_a_clean_prompt",
        ),
    ),
    (
        "transports",
        "truststore provides the trusted certificates",
        (
            "engine/test_certificates.py::test_truststore_is_used_if_installed",
            "engine/test_certificates.py::test_real_truststore_trusts_the_system_only",
        ),
    ),
)


def test_each_kind_has_tests() -> None:
    """Each named test exists."""
    existing_tests = named_tests()
    missing = [name for _, _, names in KINDS for name in names if name not in existing_tests]

    assert not missing
    assert all(names for _, _, names in KINDS)
    assert {heading for heading, _, _ in KINDS} == {
        "identity",
        "throttling",
        "addresses",
        "secrets",
        "diagnosis",
        "transports",
    }
