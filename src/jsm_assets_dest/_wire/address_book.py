"""People who can fix a problem, and the pages for it: the source of the remedies.

Names of pages and menus are those of Atlassian Cloud in 2026. Addresses of configuration pages were observed by clients.
There is no published link to a tab of a schema's configuration, so the menus are named instead.
"""

from __future__ import annotations

from typing import NamedTuple

#: The page where API tokens are created.
API_TOKENS = "https://id.atlassian.com/manage-profile/security/api-tokens"
_ADMIN = "https://admin.atlassian.com"


class Entry(NamedTuple):
    """Someone who can act, and where.

    Attributes:
        who: "A Jira admin".
        page: The page, as a path of menus.
        link: Its address, or ""; `{site}` is replaced by the host of the site.
    """

    who: str
    page: str
    link: str = ""

    def remedy(self, action: str, site: str = "") -> str:
        """Return a remedy: who, where, and what to do.

        Args:
            action: What to do, such as "add the address".
            site: The site's host, or "" if it is unknown; links that need it are left out then.
        """
        link = self.link.replace("{site}", site) if site or "{site}" not in self.link else ""
        return f"{self.who}: in {self.page}{f' ({link})' if link else ''}, {action}."


USERS = Entry("A site admin", "Atlassian Administration > Users", _ADMIN)
PLANS = Entry("A site admin", "Atlassian Administration > Billing", _ADMIN)
APPS = Entry("A site admin", "Atlassian Administration > Connected apps", _ADMIN)
SERVICE_ACCOUNTS = Entry(
    "An organization admin", "Atlassian Administration > Directory > Service accounts", _ADMIN
)
GLOBAL_PERMISSIONS = Entry(
    "A Jira admin",
    "Jira settings > System > Global permissions",
    "https://{site}/secure/admin/GlobalPermissions!default.jspa",
)
SCHEMA_ROLES = Entry(
    "An object schema manager or a Jira admin", "Assets > the object schema > Configuration > Roles"
)
SCHEMA_IMPORT = Entry("An object schema manager", "Assets > the object schema > Configuration > Import")


def browse_users(account: str, site: str) -> str:
    """Return the remedy for an account that may not browse users and groups."""
    return GLOBAL_PERMISSIONS.remedy(f"give {account} the Browse users and groups permission", site)


def open_assets(site: str) -> str:
    """Return the remedy for a site on which Assets was never opened."""
    where = f" at https://{site}/jira/servicedesk/assets/object-schemas" if site else ""
    return f"A Jira admin: open Assets once{where}."
