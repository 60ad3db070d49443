// The cart, kept in the browser.
import merge from "lodash/merge";

export function add(cart, article, count = 1) {
  const lines = { ...cart.lines, [article.id]: (cart.lines[article.id] ?? 0) + count };
  return merge({}, cart, { lines });
}

export function total(cart, prices) {
  return Object.entries(cart.lines).reduce((sum, [id, count]) => sum + prices[id] * count, 0);
}
