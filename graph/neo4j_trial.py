"""A transaction in which something is tried out, and which is never committed."""

from contextlib import ExitStack
from typing import cast

from neo4j import ManagedTransaction

from graph.neo4j_link import Link


class Trial:
    """Opens when something is first written, so that constraints can still be made before."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._opened = ExitStack()
        self.tx: ManagedTransaction | None = None

    def begun(self) -> ManagedTransaction:
        """The transaction, opened if need be."""
        if self.tx is None:
            session = self._opened.enter_context(self._link.session())
            opened = session.begin_transaction()
            self._opened.callback(opened.close)  # which rolls back
            # The two differ in who may commit; our statements do not.
            self.tx = cast(ManagedTransaction, opened)
        return self.tx

    def close(self) -> None:
        """Take everything back."""
        self._opened.close()
