//! The schema, embedded: one set for both engines.

macro_rules! files {
    ($($version:literal $name:literal),+ $(,)?) => {
        &[$(($version, $name, include_str!(concat!("../../../migrations/", $name, ".sql")))),+]
    };
}

pub(crate) const MIGRATIONS: &[(i64, &str, &str)] = files![
    1 "0001_platform",
    2 "0002_policy",
    3 "0003_ledger",
    4 "0004_accounts",
    5 "0005_messages",
    6 "0006_documents",
    7 "0007_sellers",
    8 "0008_catalogue",
    9 "0009_payments",
    10 "0010_orders",
    11 "0011_instances",
    12 "0012_licensing",
    13 "0013_delivery",
    14 "0014_refunds",
    15 "0015_insight",
    16 "0016_catalogue_types",
    18 "0018_catalogue_search",
    19 "0019_catalogue_storefront",
    20 "0020_offers",
    21 "0021_catalogue_notes",
    22 "0022_offers_resale",
    23 "0023_catalogue_life",
    24 "0024_catalogue_measures",
    25 "0025_catalogue_review",
    26 "0026_documents_content",
    27 "0027_catalogue_limits",
    28 "0028_orders_limits",
    29 "0029_catalogue_visibility",
    30 "0030_catalogue_private",
    40 "0040_production",
    41 "0041_delivery_errands",
    42 "0042_orders_lines",
    43 "0043_quotations",
    44 "0044_orders_renewal",
    45 "0045_renewals",
    46 "0046_delivery_renewal",
    47 "0047_catalogue_guards",
    48 "0048_catalogue_trials",
    49 "0049_instances_trials",
    50 "0050_offers_turns",
    55 "0055_quotations_amendments",
    60 "0060_metering",
    61 "0061_payments_debts",
    70 "0070_production_forms",
];
