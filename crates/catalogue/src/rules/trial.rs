//! Trials: which specs may have one, to whom they are offered, and why somebody cannot have one.

use kernel::{Invalid, Localized, Refusal, choices};
use policy::{AccessType, BillingMode, Policy};

use super::draft::Spec;

choices! {
    /// To whom the trials of a product are offered, beside who sees and buys it.
    pub(crate) enum TrialsFor {
        /// Everybody who may buy it.
        Everybody = "everybody",
        /// The accounts that the seller has listed (试用白名单).
        Listed = "listed",
    }
}

/// What a spec's trial has to fulfil.
pub(super) fn check(spec: &Spec, access_type: AccessType, policy: &Policy, path: &str, wrong: &mut Invalid) {
    let Some(days) = spec.trial_days else { return };
    let field = format!("{path}.trial_days");
    let (least, most) = (policy.trials.days_min, policy.trials.days_max);
    let range = (
        format!("must be from {least} to {most} days; leave it empty if there is no trial"),
        format!("须为 {least} 到 {most} 天，不提供试用则留空"),
    );
    wrong.check((least..=most).contains(&days), &field, range);
    let hosted = (
        "is for SaaS alone, which can be opened and closed; leave it empty for other types",
        "仅适用于 SaaS 类商品，其他类型须留空",
    );
    wrong.check(access_type == AccessType::Saas, &field, hosted);
    let paid = (
        "is for editions that are paid by the month or year; leave it empty, or change how the edition is paid for",
        "仅适用于包年包月的规格，须留空，或更改计费模式",
    );
    wrong.check(matches!(spec.billing_mode, Some(BillingMode::Period) | None), field, paid);
}

/// Why an account cannot try something that it may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTrial {
    #[error("there is no trial of this edition; buy it, or ask its seller")]
    NotOffered,
    #[error("the seller gives this trial to chosen accounts only, and yours is not among them; ask the seller")]
    NotListed,
    #[error("your account has tried this edition before; a trial is given once, so buy it to go on")]
    Tried,
    #[error("this is sold out, so that it cannot be tried either; ask the seller when there will be more")]
    SoldOut,
}

impl NoTrial {
    /// The word for it in the texts of pages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::NotOffered => "not-offered",
            Self::NotListed => "not-listed",
            Self::Tried => "tried",
            Self::SoldOut => "sold-out",
        }
    }
}

impl Refusal for NoTrial {
    fn code(&self) -> &'static str {
        match self {
            Self::NotOffered => "trial.not_offered",
            Self::NotListed => "trial.not_listed",
            Self::Tried => "trial.tried",
            Self::SoldOut => "trial.sold_out",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::NotOffered => "该规格不提供试用，可直接购买或联系商家",
            Self::NotListed => "商家仅向指定账号开放该试用，您的账号不在其中，可联系商家",
            Self::Tried => "您的账号已试用过该规格，每个规格只能试用一次，继续使用须购买",
            Self::SoldOut => "已售罄，暂时也不能试用，可联系商家了解补货时间",
        };
        Localized::new(self.to_string(), zh)
    }
}

/// What is known of an account that wants to try a spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trier {
    pub(crate) listed: bool,
    pub(crate) tried: bool,
}

/// Decides whether an account may try a spec that it may buy, for so many days.
pub(crate) fn may_try(
    days: Option<u32>,
    (offered_to, left): (TrialsFor, Option<u64>),
    trier: Trier,
) -> Result<u32, NoTrial> {
    let days = days.ok_or(NoTrial::NotOffered)?;
    if trier.tried {
        return Err(NoTrial::Tried);
    }
    match offered_to {
        TrialsFor::Listed if !trier.listed => Err(NoTrial::NotListed),
        TrialsFor::Everybody | TrialsFor::Listed if left == Some(0) => Err(NoTrial::SoldOut),
        TrialsFor::Everybody | TrialsFor::Listed => Ok(days),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_trial_has_three_to_a_hundred_and_eighty_days_and_is_for_saas_paid_by_period() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let counts = |days: u32, access_type, mode: &str, expected: usize| {
            let spec = json!({"code": "team", "billing_mode": mode, "trial_days": days});
            let mut wrong = Invalid::default();
            check(&serde_json::from_value(spec).unwrap(), access_type, &policy, "specs[0]", &mut wrong);
            assert!(wrong.0.iter().all(|one| one.field == "specs[0].trial_days"), "{wrong}");
            assert_eq!(wrong.0.len(), expected, "{days} {access_type} {mode}");
        };
        for days in [3, 14, 180] {
            counts(days, AccessType::Saas, "period", 0);
        }
        counts(2, AccessType::Saas, "period", 1);
        counts(181, AccessType::Saas, "period", 1);
        counts(14, AccessType::Saas, "one_off", 1);
        counts(14, AccessType::License, "period", 1);
        counts(0, AccessType::License, "one_off", 3);
    }

    #[test]
    fn each_reason_is_said_and_none_is_left_out() {
        let fresh = Trier { listed: false, tried: false };
        let check = |days, offered_to, left, trier, expected: Result<u32, NoTrial>| {
            assert_eq!(may_try(days, (offered_to, left), trier), expected);
        };
        check(None, TrialsFor::Everybody, None, fresh, Err(NoTrial::NotOffered));
        check(Some(14), TrialsFor::Everybody, None, fresh, Ok(14));
        check(Some(14), TrialsFor::Everybody, Some(0), fresh, Err(NoTrial::SoldOut));
        check(Some(14), TrialsFor::Listed, None, fresh, Err(NoTrial::NotListed));
        check(Some(14), TrialsFor::Listed, Some(3), Trier { listed: true, ..fresh }, Ok(14));
        let again = Trier { listed: true, tried: true };
        check(Some(14), TrialsFor::Listed, None, again, Err(NoTrial::Tried));
    }
}
