//! Where the things live that ids name: an id says by its first letters what it is.

/// The operator's page of what an id names, where there is one.
pub fn operator_page(id: &str) -> Option<String> {
    let (kind, _) = id.split_once('_')?;
    Some(match kind {
        "acc" => format!("/operator/accounts/{id}"),
        "ver" => format!("/operator/verifications/{id}"),
        "sap" => format!("/operator/sellers/applications/{id}"),
        "sch" => format!("/operator/sellers/changes/{id}"),
        "bci" => format!("/operator/sellers/business/{id}"),
        "rev" => format!("/operator/products/{id}"),
        "rvc" => format!("/operator/reported-reviews/{id}"),
        "prd" => format!("/products/{id}"),
        "ord" => format!("/operator/orders/{id}"),
        "top" => format!("/operator/transfers/{id}"),
        "pol" => format!("/operator/policy/{id}"),
        "dlv" => "/operator/deliveries".to_owned(),
        "rfd" => "/operator/refunds".to_owned(),
        "flr" => format!("/operator/storefront/floors/{id}"),
        "ann" => "/operator/announcements".to_owned(),
        "job" => "/operator/jobs".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_its_page_and_what_has_none_to_none() {
        assert_eq!(operator_page("ord_01").as_deref(), Some("/operator/orders/ord_01"));
        assert_eq!(operator_page("rev_01").as_deref(), Some("/operator/products/rev_01"));
        for nothing in ["usr_01", "", "order", "_"] {
            assert_eq!(operator_page(nothing), None, "{nothing}");
        }
    }
}
