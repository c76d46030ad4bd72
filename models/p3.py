"""P3alpha and RP3beta: three steps of a random walk from user to item.

Christoffel et al., "Blockbusters and Wallflowers" (RecSys 2015); Paudel et al., "Updatable,
accurate, diverse and scalable recommendations" (TiiS 2017).
"""

import numpy as np
from scipy import sparse

from graph.neighbours import neighbours, rows_of
from models.item_item import ItemItem, item_item


def fit_p3(
    likes: sparse.csr_array, *, alpha: float = 1.0, beta: float = 0.0, k: int | None = None
) -> ItemItem:
    """Item to user to item, each transition probability to the power alpha, over likes ** beta.

    `likes` is users x items, ones. `k` keeps the strongest targets of each item.
    """
    activity = np.diff(likes.indptr).astype(np.float64)
    popularity = np.bincount(likes.indices, minlength=likes.shape[1]).astype(np.float64)
    from_item = sparse.csr_array(likes.T).astype(np.float64)
    from_item.data = popularity[rows_of(from_item)] ** -alpha
    from_user = likes.astype(np.float64)
    from_user.data = activity[rows_of(from_user)] ** -alpha * popularity[from_user.indices] ** -beta
    options = {"alpha": alpha, "beta": beta, "k": k}
    return item_item("rp3" if beta else "p3", neighbours(from_item, from_user, k), likes, options)
