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
    25 "0025_catalogue_review",
    26 "0026_documents_content",
    40 "0040_production",
    41 "0041_delivery_errands",
];
