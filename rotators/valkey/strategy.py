"""A single user with overlap, of servers whose nodes have the user each anew."""

from rotators.valkey.nodes import require_same_nodes
from shared.credentials import Login
from shared.errors import Forbidden
from shared.protocol.contract import Ticket
from shared.strategies import SingleUserWithOverlap


class UserOfNodes(SingleUserWithOverlap):
    """As SingleUserWithOverlap, once the user's and the admin's secret name the same nodes."""

    def create(self, current: Login, ticket: Ticket[Login], /) -> Login:
        """Told before the put. The admin's secret is read anew: a retry sees what was corrected."""
        self.check_wishes(current)
        if self.admin_sets:
            require_same_nodes(current, self.admins.login(current, ticket, again=True))
        return super().create(current, ticket)

    def go_on_without_overlap(self, forbidden: Forbidden) -> None:
        """Never: what may not add a password may not change one."""
        raise forbidden
