//! What can be sold here, and by which rules.

use axum::{Json, extract::State};
use kernel::Localized;
use platform::http::{Access, Op, Reply, Routes};
use policy::{
    AccessRules, AccessType, BillingFactor, BillingMode, Category, FieldKind, Policy, Supervision, TypeField,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Catalogue;

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let op = Op::does(Access::Public, "List what can be sold here and by which rules").gives::<AccessTypesJson>(200);
    Routes::of(catalogue.clone()).get("/api/v1/access-types", access_types, op).done()
}

/// What can be sold here under one access type.
#[derive(Debug, Serialize, ToSchema)]
struct AccessTypeJson {
    code: AccessType,
    name: Localized,
    billing_modes: Vec<BillingMode>,
    /// The platform's share of what the buyer paid.
    fee_basis_points: u32,
    /// Hours after delivery in which it can be returned without a reason; 0: it cannot.
    return_hours: u32,
    supervision: Supervision,
    /// The documents that a listing needs.
    documents: Vec<PaperJson>,
    /// When it can be bought; absent: now.
    #[serde(skip_serializing_if = "Option::is_none")]
    sold_later: Option<Localized>,
    /// In which its listings say what they are.
    fields: Vec<TypeFieldJson>,
}

/// A field of an access type; `fields` of a listing has its value under its code.
#[derive(Debug, Serialize, ToSchema)]
struct TypeFieldJson {
    #[schema(example = "os")]
    code: String,
    name: Localized,
    kind: FieldKind,
    mandatory: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Localized>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<FieldChoiceJson>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FieldChoiceJson {
    #[schema(example = "ubuntu")]
    code: String,
    name: Localized,
}

/// Something that prices of use count; a meter names it as its `factor`.
#[derive(Debug, Serialize, ToSchema)]
struct BillingFactorJson {
    #[schema(example = "tokens")]
    code: String,
    name: Localized,
    unit: Localized,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_one: Option<String>,
}

impl From<&TypeField> for TypeFieldJson {
    fn from(field: &TypeField) -> Self {
        let TypeField { code, name, kind, mandatory, unit, choices } = field;
        let choice = |one: &Category| FieldChoiceJson { code: one.code.clone(), name: one.name.clone() };
        Self {
            code: code.clone(),
            name: name.clone(),
            kind: *kind,
            mandatory: *mandatory,
            unit: unit.clone(),
            choices: choices.iter().map(choice).collect(),
        }
    }
}

impl From<&BillingFactor> for BillingFactorJson {
    fn from(factor: &BillingFactor) -> Self {
        let BillingFactor { code, name, unit, unit_one } = factor.clone();
        Self { code, name, unit, unit_one }
    }
}

/// A document that a listing needs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"code": "data_source", "name": {"en": "Statement of data sources", "zh": "数据来源合法性声明"}}))]
struct PaperJson {
    /// `user_guide`, `software_copyright`, or the `kind` of a qualification.
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Localized>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<Localized>,
}

#[derive(Debug, Serialize, ToSchema)]
struct AccessTypesJson {
    items: Vec<AccessTypeJson>,
    /// What prices of use may count; any where the list is empty.
    billing_factors: Vec<BillingFactorJson>,
}

impl AccessTypeJson {
    fn of(policy: &Policy, rules: &AccessRules) -> Self {
        let paper = |code: &String| {
            let known = policy.catalogue.qualifications.iter().find(|known| known.code == *code);
            let (name, hint) = (known.map(|known| known.name.clone()), known.map(|known| known.hint.clone()));
            PaperJson { code: code.clone(), name, hint }
        };
        Self {
            code: rules.code,
            name: rules.name.clone(),
            billing_modes: rules.modes.keys().copied().collect(),
            fee_basis_points: rules.fee_basis_points,
            return_hours: policy.return_hours(rules.code),
            supervision: rules.supervision,
            documents: rules.documents.iter().map(paper).collect(),
            sold_later: rules.sold_later.clone(),
            fields: rules.fields.iter().map(TypeFieldJson::from).collect(),
        }
    }
}

async fn access_types(State(catalogue): State<Catalogue>) -> Reply<AccessTypesJson> {
    let policy = catalogue.policies.current().await?;
    let items = policy.access_types.iter().map(|rules| AccessTypeJson::of(&policy, rules)).collect();
    let billing_factors = policy.catalogue.billing_factors.iter().map(BillingFactorJson::from).collect();
    Ok(Json(AccessTypesJson { items, billing_factors }))
}
