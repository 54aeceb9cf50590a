"""Who can put things right, and on which page: the address book that remedies are written from.

Names of pages and menus are those of Atlassian Cloud in 2026; addresses of configuration pages were observed by clients.
Nobody has published a link to a single tab of a schema's configuration, so the page is linked and the tab is named.
"""

from __future__ import annotations

from typing import NamedTuple

SITE_STATUS = "https://status.atlassian.com"


class Entry(NamedTuple):
    """Somebody who can act, and where.

    Attributes:
        who: "A Jira admin".
        page: The page, as a path of menus.
        link: Its address, or ""; `{site}` stands for the site's host.
    """

    who: str
    page: str = ""
    link: str = ""

    def asked_to(self, action: str, site: str = "") -> str:
        """A remedy: who must do what, and where.

        Args:
            action: What to do, as in "add the address".
            site: The site's host, or "" when it is not known; links that need it are then left out.
        """
        link = self.link.replace("{site}", site) if site or "{site}" not in self.link else ""
        where = f", in {self.page}" if self.page else ""
        return f"{self.who}: {action}{where}{f' ({link})' if link else ''}."


YOU = Entry("You")
ACCOUNT_OWNER = Entry("The owner of the account")
NETWORK_TEAM = Entry("Your network team")
API_TOKENS = Entry(
    "You", "your account's API tokens", "https://id.atlassian.com/manage-profile/security/api-tokens"
)
IP_ALLOWLISTS = Entry(
    "An organization admin",
    "Atlassian Administration, Security, IP allowlists",
    "https://admin.atlassian.com",
)
USERS = Entry("A site admin", "Atlassian Administration, Users", "https://admin.atlassian.com")
PLANS = Entry("A site admin", "Atlassian Administration, Billing", "https://admin.atlassian.com")
APPS = Entry("A site admin", "Atlassian Administration, Connected apps", "https://admin.atlassian.com")
SERVICE_ACCOUNTS = Entry(
    "An organization admin",
    "Atlassian Administration, Directory, Service accounts",
    "https://admin.atlassian.com",
)
GLOBAL_PERMISSIONS = Entry(
    "A Jira admin",
    "Jira settings, System, Global permissions",
    "https://{site}/secure/admin/GlobalPermissions!default.jspa",
)
ALL_SCHEMAS = Entry("A Jira admin", "Assets", "https://{site}/jira/servicedesk/assets/object-schemas")
SCHEMA_ROLES = Entry("An object schema manager or a Jira admin", "Assets, the schema, Configuration, Roles")
SCHEMA_IMPORT = Entry("An object schema manager", "Assets, the schema, Configuration, Import")
