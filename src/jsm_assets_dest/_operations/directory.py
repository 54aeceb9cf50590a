"""Find users and groups of Jira, and the accounts of email addresses, without guessing.

Up to 200 addresses are searched one by one. Above that, the whole directory is read once, a thousand users per request. Both
complete each other: only the directory has inactive users, and only a search finds a hidden address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from attrs import define, field, frozen

from .._arguments.fitting import invalid
from .._assets.directory import JiraGroup, JiraUser
from .._assets.user_links import LinkReason
from .._http.commands import Operation
from .._session.site import Site
from .._session.workspace import ask_jira, required
from .._wire import address_book, site_requests
from .._wire import site_requests as wire
from .._wire.site_requests import permissions
from ..exceptions import BrowseUsersPermissionError, ConflictError
from .pacing import Pace


def find_users(site: Site, query: str, limit: int) -> Operation[list[JiraUser]]:
    """Return the active users whose display name or email address begins with a text.

    Raises:
        ConfigurationError: An argument is invalid. Nothing was sent.
        BrowseUsersPermissionError: The account may not browse users.
    """
    text = required(query, "query", "Pass the beginning of a display name or of an email address.")
    largest = _checked_limit(limit, wire.SEARCH_LIMIT)
    users: dict[str, JiraUser] = {}
    start = 0
    while len(users) < largest and start < wire.SEARCH_LIMIT:
        response = yield from ask_jira(site, wire.search_users, text, start)
        page = [JiraUser.from_json(value) for value in wire.read_users(response)]
        if not page:
            break
        users |= {user.account_id: user for user in page}
        start += wire.SEARCH_PAGE
    if not users:
        yield from require_browsing(site)
    return list(users.values())[:largest]


def find_groups(site: Site, query: str, limit: int) -> Operation[list[JiraGroup]]:
    """Return the groups whose name contains a text, in any case.

    Raises:
        ConfigurationError: An argument is invalid. Nothing was sent.
        BrowseUsersPermissionError: The account may not browse groups.
    """
    text = required(query, "query", "Pass a part of the group's name.")
    largest = _checked_limit(limit, wire.PICKER_LIMIT)
    response = yield from ask_jira(site, wire.pick_groups, text)
    groups = [JiraGroup.from_json(value) for value in wire.read_groups(response)]
    if not groups:
        yield from require_browsing(site)
    return groups[:largest]


def _checked_limit(limit: int, largest: int) -> int:
    if not 1 <= limit <= largest:
        raise invalid("limit", f"is {limit!r}", f"Pass an integer from 1 to {largest}.")
    return limit


def require_browsing(site: Site) -> Operation[None]:
    """Check the permission to browse users and groups. Without it, an empty list proves nothing.

    Raises:
        BrowseUsersPermissionError: The account does not have it.
    """
    response = yield from ask_jira(site, permissions, wire.BROWSE_USERS)
    if site_requests.read_permissions(response).get(wire.BROWSE_USERS, False):
        return
    account = site.credentials.account_label
    host = site.url.partition("://")[2]
    raise BrowseUsersPermissionError(
        f"Could not search the users of {host or 'the site'}: {account} may not browse users and groups.",
        remedies=(address_book.browse_users(account, host),),
        operation="read permissions",
        account=account,
    )


#: Addresses up to which each one is searched.
MOST_SEARCHES: Final = 200
#: Page sizes of the directory. Jira rejects a page that it can't read within ten seconds (409).
PAGE_SIZES: Final = (wire.DIRECTORY_PAGE, 200, 50)

#: Account types of people; Jira may leave the type out.
_PEOPLE: Final = ("atlassian", "unknown", "")


@frozen
class Match:
    """Result for one address: an account, or the reason for which there is none.

    Attributes:
        account_id: Account ID. Empty if no account is certain.
        reason: Reason, or None.
        candidate: The only account with a hidden address that Jira found. It is not certain.
    """

    account_id: str = ""
    reason: LinkReason | None = None
    candidate: str = ""


def normal(address: str) -> str:
    """Return the form in which addresses are compared. Dots and plus signs count."""
    return address.strip().casefold()


def judge(address: str, users: Iterable[JiraUser]) -> Match:
    """Decide which user an address belongs to. Users with another visible address never count.

    A hidden address proves nothing: a search also finds names that begin with the address.

    Args:
        address: Normal form of the address.
        users: Users that a search for the address returned, and those of the directory with this address.
    """
    distinct = list({user.account_id: user for user in users}.values())
    owners = [user for user in distinct if normal(user.email) == address]
    people = [user for user in owners if user.account_type in _PEOPLE]
    active = [user for user in people if user.active is not False]
    if active:
        return Match(active[0].account_id) if len(active) == 1 else Match(reason=LinkReason.SEVERAL)
    hidden = [user for user in distinct if is_hidden(user)]
    if people and not hidden:
        return Match(reason=LinkReason.INACTIVE)
    if hidden:
        # An inactive account and a hidden one: the person may have a new account, so the link is not cleared.
        if len(hidden) > 1 or people:
            return Match(reason=LinkReason.SEVERAL)
        is_named_so = normal(hidden[0].display_name).startswith(address)
        return Match(reason=LinkReason.HIDDEN, candidate="" if is_named_so else hidden[0].account_id)
    kinds = {user.account_type for user in owners}
    if "customer" in kinds:
        return Match(reason=LinkReason.CUSTOMER)
    return Match(reason=LinkReason.APP if kinds else LinkReason.NONE)


def is_hidden(user: JiraUser) -> bool:
    """Return True for an active person whose address is not visible."""
    return not user.email and user.account_type in _PEOPLE and user.active is not False


@define
class AccountFinder:
    """Looks up addresses, each one once.

    Attributes:
        site: Site.
        pace: Pace of the requests.
        accounts: Account IDs by the normal form of addresses, from the caller. They take precedence.
        matches: Results so far, by the normal form of the address.
    """

    site: Site
    pace: Pace
    accounts: Mapping[str, str]
    matches: dict[str, Match] = field(factory=dict[str, Match], init=False)

    def missing(self, addresses: Iterable[str]) -> list[str]:
        """Return the addresses that must be looked up, in their order."""
        return list(dict.fromkeys(address for address in addresses if address not in self.accounts))

    def find(
        self, addresses: Iterable[str], report: Callable[[int, int], Operation[None]]
    ) -> Operation[None]:
        """Look up addresses in their normal form.

        Args:
            addresses: Addresses.
            report: Is run with the number of finished addresses and of all.

        Raises:
            BrowseUsersPermissionError: The account may not browse users.
        """
        self.matches |= {address: Match(account_id) for address, account_id in self.accounts.items()}
        wanted = self.missing(addresses)
        evidence: dict[str, list[JiraUser]] = {address: [] for address in wanted}
        unsure = wanted
        if len(wanted) > MOST_SEARCHES:
            has_hidden = yield from self._read_directory(evidence)
            unsure = [address for address in wanted if has_hidden and not _is_settled(address, evidence)]
        for number, address in enumerate(unsure):
            yield from report(len(wanted) - len(unsure) + number, len(wanted))
            evidence[address] += yield from self._search(address)
        if len(wanted) <= MOST_SEARCHES:
            blank = {
                address: users for address, users in evidence.items() if judge(address, users) == _NO_ONE
            }
            if blank:
                yield from self._read_directory(blank)
        yield from report(len(wanted), len(wanted))
        self.matches |= {address: judge(address, users) for address, users in evidence.items()}

    def _search(self, address: str) -> Operation[list[JiraUser]]:
        users: list[JiraUser] = []
        while True:
            response = yield from self.pace.insist(
                ask_jira, self.site, wire.search_users, address, len(users)
            )
            page = [JiraUser.from_json(value) for value in wire.read_users(response)]
            users += page
            if len(page) < wire.SEARCH_PAGE:
                return users

    def _read_directory(self, evidence: Mapping[str, list[JiraUser]]) -> Operation[bool]:
        """Add the users of the directory to the addresses that they have.

        Returns:
            True if an active person hides the address, so that a search may find more.
        """
        has_hidden = False
        start = 0
        sizes = list(PAGE_SIZES)
        while True:
            try:
                response = yield from self.pace.insist(ask_jira, self.site, wire.list_users, start, sizes[0])
            except ConflictError:
                if len(sizes) == 1:
                    raise
                del sizes[0]
                continue
            page = [JiraUser.from_json(value) for value in wire.read_users(response)]
            if not page:
                return has_hidden
            for user in page:
                has_hidden = has_hidden or is_hidden(user)
                users = evidence.get(normal(user.email))
                if users is not None:
                    users.append(user)
            # Advance by what came: if Jira returns less than requested, pages overlap, and no user is skipped.
            start += len(page)


def _is_settled(address: str, evidence: Mapping[str, list[JiraUser]]) -> bool:
    """Return True if no search can change the result: someone active or inactive has the visible address."""
    match = judge(address, evidence[address])
    return bool(match.account_id) or match.reason in (LinkReason.SEVERAL, LinkReason.INACTIVE)


_NO_ONE: Final = Match(reason=LinkReason.NONE)
