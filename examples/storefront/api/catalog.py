"""The shop's catalog."""

import yaml


def load(path: str) -> list[dict]:
    """Reads the catalog, cheapest article first."""
    with open(path, encoding="utf-8") as file:
        articles = yaml.safe_load(file)
    return sorted(articles, key=lambda article: article["price"])
