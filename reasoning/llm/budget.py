"""`Budgeted`: no call that may take more tokens or money than the run has left."""

from dataclasses import dataclass, field, replace

from graph.errors import BudgetError
from reasoning.llm.model import NOTHING_USED, LanguageModel, Reply, Request, Tell, Usage


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, read and written."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """The cost of so many tokens."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


@dataclass(slots=True)
class Budget:
    """What a run may take (None: as much as it likes), and what it has taken."""

    max_tokens: int | None = None
    max_cost: float | None = None
    spent: Usage = field(default=NOTHING_USED)

    def require(self, tokens: int, cost: float) -> None:
        """BudgetError when a call that may take so much would go over it."""
        used = self.spent.prompt_tokens + self.spent.completion_tokens
        if self.max_tokens is not None and used + tokens > self.max_tokens:
            raise BudgetError(
                f"{used:,} of {self.max_tokens:,} tokens are spent, the next call may take"
                f" {tokens:,}",
                hint="--max-tokens allows more",
            )
        if self.max_cost is not None and self.spent.cost + cost > self.max_cost:
            raise BudgetError(
                f"{self.spent.cost:.4f} of {self.max_cost:.4f} is spent, the next call may cost"
                f" {cost:.4f}",
                hint="--max-cost allows more",
            )


@dataclass(frozen=True, slots=True)
class Budgeted:
    """A model whose calls are counted against a budget, each with its price."""

    model: LanguageModel
    budget: Budget
    prices: Prices = Prices()

    @property
    def name(self) -> str:
        """The model's own."""
        return self.model.name

    @property
    def constrains(self) -> bool:
        """The model's own."""
        return self.model.constrains

    def complete(self, request: Request, tell: Tell | None = None) -> Reply:
        """The reply, with its cost; BudgetError before a call that might be too much."""
        most = request.limits.max_tokens
        self.budget.require(request.tokens + most, self.prices.of(request.tokens, most))
        reply = self.model.complete(request, tell)
        used = reply.usage
        cost = self.prices.of(used.prompt_tokens, used.completion_tokens)
        used = replace(used, cost=cost)
        self.budget.spent += used
        return replace(reply, usage=used)
