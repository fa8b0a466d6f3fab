//! What applicants, sellers and the operator are told, in both languages.

use kernel::{FieldError, Localized, Timestamp};
use policy::Policy;

use super::GENERAL;

/// A notice: its title and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    pub title: Localized,
    pub text: Localized,
}

impl Notice {
    fn new(title: Localized, text: Localized) -> Self {
        Self { title, text }
    }
}

/// A moment on the wall of the site.
fn wall(moment: Timestamp, policy: &Policy) -> String {
    moment.format("%Y-%m-%d %H:%M", &policy.zone())
}

pub(crate) fn application_received(company: &str, due: Timestamp, policy: &Policy) -> Notice {
    let due = wall(due, policy);
    Notice::new(
        Localized::new("We have received your seller application", "您的商家入驻申请已提交"),
        Localized::new(
            format!("The application of {company} is under review. You will have our decision by {due}."),
            format!("{company} 的入驻申请正在审核，我们将在 {due} 前给出结果。"),
        ),
    )
}

pub(crate) fn application_waits(company: &str, due: Timestamp, policy: &Policy) -> Notice {
    let due = wall(due, policy);
    Notice::new(
        Localized::new(format!("Seller application to review: {company}"), format!("待审核的入驻申请：{company}")),
        Localized::new(
            format!("{company} has applied to become a seller. Please decide by {due}."),
            format!("{company} 提交了商家入驻申请，请在 {due} 前完成审核。"),
        ),
    )
}

pub(crate) fn application_approved(company: &str) -> Notice {
    Notice::new(
        Localized::new("You are a seller now", "入驻申请已通过"),
        Localized::new(
            format!(
                "{company} has been admitted. Next, have your business information certified; then you can publish products."
            ),
            format!("{company} 已成功入驻。接下来请完成商业信息认证，认证通过后即可发布商品。"),
        ),
    )
}

pub(crate) fn application_rejected(company: &str, reasons: &[FieldError]) -> Notice {
    let (en, zh) = list(reasons);
    Notice::new(
        Localized::new("Your seller application needs changes", "入驻申请未通过，请修改后重新提交"),
        Localized::new(
            format!("The application of {company} was not approved:\n{en}\nCorrect it and submit it again."),
            format!("{company} 的入驻申请未通过审核：\n{zh}\n请修改后重新提交。"),
        ),
    )
}

pub(crate) fn change_received(due: Timestamp, policy: &Policy) -> Notice {
    let due = wall(due, policy);
    Notice::new(
        Localized::new("Your new seller information is under review", "商家信息变更已提交审核"),
        Localized::new(
            format!("You will have our decision by {due}. Until then your present information stays in effect."),
            format!("我们将在 {due} 前给出结果，在此之前现有信息继续有效。"),
        ),
    )
}

pub(crate) fn change_waits(company: &str, due: Timestamp, policy: &Policy) -> Notice {
    let due = wall(due, policy);
    Notice::new(
        Localized::new(
            format!("Change of seller information to review: {company}"),
            format!("待审核的商家信息变更：{company}"),
        ),
        Localized::new(
            format!("{company} wants to change its seller information. Please decide by {due}."),
            format!("{company} 申请变更商家信息，请在 {due} 前完成审核。"),
        ),
    )
}

pub(crate) fn change_approved() -> Notice {
    Notice::new(
        Localized::new("Your new seller information is in effect", "商家信息变更已生效"),
        Localized::new(
            "The change was approved; buyers see the new information from now on.",
            "变更已通过审核，买家即刻起将看到新的信息。",
        ),
    )
}

pub(crate) fn change_rejected(reasons: &[FieldError]) -> Notice {
    let (en, zh) = list(reasons);
    Notice::new(
        Localized::new("Your change of seller information was rejected", "商家信息变更未通过"),
        Localized::new(
            format!("Your present information stays in effect. The reasons:\n{en}"),
            format!("现有信息继续有效。未通过的原因：\n{zh}"),
        ),
    )
}

/// Business information and the contracting entity that it is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForEntity<'a> {
    pub company: &'a str,
    pub entity: &'a Localized,
}

pub(crate) fn business_received(about: ForEntity<'_>, due: Timestamp, policy: &Policy) -> Notice {
    let due = wall(due, policy);
    Notice::new(
        Localized::new("Your business information is under review", "商业信息已提交认证"),
        Localized::new(
            format!("You will have our decision about {} by {due}.", about.entity.en),
            format!("签约主体 {} 的商业信息认证结果将在 {due} 前给出。", about.entity.zh),
        ),
    )
}

pub(crate) fn business_waits(about: ForEntity<'_>, due: Timestamp, policy: &Policy) -> Notice {
    let ForEntity { company, entity } = about;
    let due = wall(due, policy);
    Notice::new(
        Localized::new(format!("Business information to review: {company}"), format!("待认证的商业信息：{company}")),
        Localized::new(
            format!("{company} has submitted business information for {}; please decide by {due}.", entity.en),
            format!("{company} 提交了签约主体“{}”的商业信息，请在 {due} 前完成认证。", entity.zh),
        ),
    )
}

pub(crate) fn business_certified(about: ForEntity<'_>) -> Notice {
    Notice::new(
        Localized::new("Your business information is certified", "商业信息认证已通过"),
        Localized::new(
            format!("You can now sell through {}.", about.entity.en),
            format!("您现在可以通过签约主体 {} 销售商品。", about.entity.zh),
        ),
    )
}

/// `left`: how many attempts remain before submissions are blocked.
pub(crate) fn business_rejected(about: ForEntity<'_>, reasons: &[FieldError], left: u32) -> Notice {
    let (en, zh) = list(reasons);
    let (next_en, next_zh) = match left {
        0 => (
            "Too many attempts failed in a row, so further ones are blocked. Please contact us.".to_owned(),
            "连续失败次数已达上限，暂时无法再次提交，请联系我们处理。".to_owned(),
        ),
        1 => (
            "Correct it and submit it again. One attempt is left before submissions are blocked.".to_owned(),
            "请修改后重新提交，再失败一次将无法继续提交。".to_owned(),
        ),
        left => (
            format!("Correct it and submit it again; {left} attempts are left."),
            format!("请修改后重新提交，还可尝试 {left} 次。"),
        ),
    };
    Notice::new(
        Localized::new("Your business information was not certified", "商业信息认证未通过"),
        Localized::new(
            format!("For {}:\n{en}\n{next_en}", about.entity.en),
            format!("签约主体 {}：\n{zh}\n{next_zh}", about.entity.zh),
        ),
    )
}

pub(crate) fn business_blocked(company: &str) -> Notice {
    Notice::new(
        Localized::new(format!("Business information blocked: {company}"), format!("商业信息认证已锁定：{company}")),
        Localized::new(
            format!("{company} has failed too often in a row and cannot submit again until you lift the block."),
            format!("{company} 的商业信息认证连续失败，需由运营人员解除锁定后方可再次提交。"),
        ),
    )
}

pub(crate) fn business_unblocked() -> Notice {
    Notice::new(
        Localized::new("You can submit business information again", "商业信息认证已解除锁定"),
        Localized::new(
            "The operator has lifted the block. Check the account holder's name before you submit again.",
            "运营方已解除锁定。请核对开户名称后重新提交。",
        ),
    )
}

/// Reasons as lines, each with the field's name as people know it.
fn list(reasons: &[FieldError]) -> (String, String) {
    let en: Vec<String> =
        reasons.iter().map(|reason| format!("- {}: {}", label(&reason.field).0, reason.message.en)).collect();
    let zh: Vec<String> =
        reasons.iter().map(|reason| format!("- {}：{}", label(&reason.field).1, reason.message.zh)).collect();
    (en.join("\n"), zh.join("\n"))
}

const LABELS: [(&str, &str, &str); 22] = [
    (GENERAL, "In general", "总体"),
    ("company_name", "Company name", "公司名称"),
    ("registration_number", "Registration number", "统一社会信用代码"),
    ("website", "Website", "官网地址"),
    ("business_licence", "Business licence", "营业执照"),
    ("business_years", "Years in business", "经营年限"),
    ("employees", "Employees", "员工人数"),
    ("registered_capital", "Registered capital", "注册资本"),
    ("contact_name", "Contact", "联系人"),
    ("mobile", "Mobile number", "手机号码"),
    ("email", "Mail address", "邮箱"),
    ("service_phone", "Service telephone", "客服电话"),
    ("service_email", "Service mail", "客服邮箱"),
    ("service_hours", "Service hours", "服务时间"),
    ("introduction", "Introduction", "公司简介"),
    ("entity", "Contracting entity", "签约主体"),
    ("regions", "Regions", "销售区域"),
    ("account_holder", "Account holder", "开户名称"),
    ("bank", "Bank", "开户银行"),
    ("account_number", "Account number", "银行账号"),
    ("taxpayer_identity", "Taxpayer identity", "纳税人身份"),
    ("taxpayer_number", "Taxpayer number", "纳税人识别号"),
];

fn label(field: &str) -> (&str, &str) {
    LABELS.iter().find(|(name, _, _)| *name == field).map_or((field, field), |(_, en, zh)| (*en, *zh))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{business, information};

    #[test]
    fn every_field_that_can_be_rejected_has_a_name_in_both_languages() {
        for field in policy::APPLICATION_FIELDS.iter().chain(information::CHANGE_FIELDS).chain(business::FIELDS) {
            let (en, zh) = label(field);
            assert!(en != *field && zh != *field, "{field}");
        }
    }

    #[test]
    fn a_rejection_lists_its_reasons_and_says_what_is_left() {
        let entity = Localized::new("Kontor Operations", "商站运营");
        let about = ForEntity { company: "Cloudco", entity: &entity };
        let reasons = [FieldError { field: "bank".to_owned(), message: Localized::new("is unknown", "查无此行") }];
        let notice = business_rejected(about, &reasons, 2);
        assert_eq!(
            notice.text.en,
            "For Kontor Operations:\n- Bank: is unknown\nCorrect it and submit it again; 2 attempts are left."
        );
        assert!(business_rejected(about, &reasons, 0).text.zh.contains("联系我们"));
    }

    #[test]
    fn due_times_are_shown_on_the_site_s_wall() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let due = "2026-11-25T02:30:00Z".parse().unwrap();
        assert!(application_waits("Cloudco", due, &policy).text.en.contains("by 2026-11-25 10:30"));
    }
}
