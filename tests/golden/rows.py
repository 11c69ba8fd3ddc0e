"""A tracker small enough to check by hand, with one of everything that a sync does."""

from __future__ import annotations

from datetime import datetime

DAY = datetime
ROWS = {
    "partners": [
        {
            "partner_id": "P-0001",
            "partner_name": " Northwind Crafts ",
            "partner_type": "Reseller",
            "status": "active",
            "owner": "Team North",
            "country": "Germany",
            "start_date": DAY(2024, 1, 1),
            "contract_status": "signed",
        },
        {
            "partner_id": None,
            "partner_name": "Lantern Media",
            "partner_type": "influencer",
            "status": "active",
            "owner": "Team South",
            "country": "FR",
            "start_date": DAY(2025, 3, 1),
            "contract_status": "signed",
        },
        {
            "partner_id": "P-0003",
            "partner_name": "Quiet Harbour",
            "partner_type": "referal",
            "status": "active",
            "owner": "Team South",
            "start_date": DAY(2025, 9, 1),
            "contract_status": "signed",
        },
    ],
    "deals": [
        *(
            {
                "deal_id": f"D-{i:04d}",
                "partner_id": "P-0001",
                "role": "sourced",
                "stage": "Closed Won" if i % 3 else "lost",
                "created": DAY(2025, 1 + i % 12, 5),
                "amount": 1000 * i,
                "currency": "EUR",
                "closed": DAY(2025, 7 + i % 6, 20),
                "reason": None if i % 3 else "price",
                "account": f"Account {i}",
            }
            for i in range(1, 7)
        ),
        {
            "deal_id": "D-0007",
            "partner_id": "Northwind Crafts",
            "role": "co-sell",
            "stage": "proposal",
            "created": DAY(2026, 5, 1),
            "amount": "12.500,00",
            "currency": "EUR",
            "expected_close": DAY(2026, 9, 30),
        },
        {
            "deal_id": "D-0008",
            "partner_id": "P-0099",
            "role": "sourced",
            "stage": "lead",
            "created": "03/04/2026",
            "amount": 900,
        },
    ],
    "money": [
        {
            "entry_id": None,
            "date": DAY(2025, 10, 1),
            "partner_id": "P-0001",
            "kind": "fee",
            "amount": 1500,
        },
        {
            "entry_id": None,
            "date": DAY(2026, 2, 1),
            "partner_id": "P-0002",
            "kind": "commission",
            "amount": "=SUM(1;2)",
        },
    ],
    "activity": [
        {
            "partner_id": "P-0002",
            "month": DAY(2026, 1, 1),
            "channel": "video",
            "posts": 4,
            "impressions": 10_000,
            "likes": 700,
            "comments": 100,
            "shares": 50,
            "clicks": 230,
            "conversions": 3,
        },
    ],
}
