"""Sets that grow together, some of which may never become one."""


class Sets:
    """Disjoint sets of nodes, some of which may never become one."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._enemies: dict[str, set[str]] = {}

    def root(self, node: str) -> str:
        """The node that stands for a node's set."""
        path = []
        while (parent := self._parent.get(node, node)) != node:
            path.append(node)
            node = parent
        for passed in path:
            self._parent[passed] = node
        return node

    def part(self, one: str, other: str) -> None:
        """From now on the two may not become one; without effect when they are already."""
        a, b = self.root(one), self.root(other)
        if a != b:
            self._enemies.setdefault(a, set()).add(b)
            self._enemies.setdefault(b, set()).add(a)

    def join(self, one: str, other: str) -> bool:
        """Whether the two are one set now."""
        a, b = self.root(one), self.root(other)
        if a == b:
            return True
        if b in self._enemies.get(a, ()):
            return False
        self._parent[b] = a
        self._members.setdefault(a, [a]).extend(self._members.pop(b, [b]))
        for enemy in self._enemies.pop(b, set()):
            self._enemies[enemy].discard(b)
            self._enemies[enemy].add(a)
            self._enemies.setdefault(a, set()).add(enemy)
        return True

    def groups(self) -> list[list[str]]:
        """The members of each set that has several."""
        return [self._members[root] for root in sorted(self._members)]
