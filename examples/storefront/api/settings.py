"""Settings of the shop's API. The credentials below are planted: they were never valid."""

import os

DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql://shop:w7Rk2mQz9pLx@db.internal:5432/shop")
STRIPE_KEY = "sk_live_3Tm3cyjlmPphR1qmb0QkLVcp"
CATALOG_PAGE_SIZE = 24

# Read at start-up; nothing to see here.
SESSION_SECRET = os.environ["SESSION_SECRET"]
