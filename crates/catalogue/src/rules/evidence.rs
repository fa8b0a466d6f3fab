//! What the rules want of a listing beside its names and prices (spec/marketplace.md §4.2): its story, the papers that prove
//! it, the form of a supervised service, what its buyers are asked for.

use std::collections::BTreeSet;

use documents::Purpose;
use kernel::{Invalid, Localized, id::DocumentId};
use policy::{AccessType, SOFTWARE_COPYRIGHT, Supervision, USER_GUIDE};

use super::{
    draft::Listing,
    form::{Site, line},
    naming,
    particulars::{Certification, Copyright, Declaration, Opening, Paper, Parameter, Point, Seo, Service, is_default},
    system,
};

pub(crate) const POINTS_MAX: usize = 6;
pub(crate) const STEPS_MAX: usize = 10;
pub(crate) const PARAMETERS_MAX: usize = 10;
pub(crate) const INDUSTRIES_MAX: usize = 5;
const STORY_MAX: usize = 1_000;
const ACCEPTANCE_MIN: usize = 20;
pub(super) const ACCEPTANCE_MAX: usize = 2_000;

pub(super) fn check(listing: &Listing, site: &Site<'_>, wrong: &mut Invalid) {
    points(&listing.highlights, "highlights", POINTS_MAX, wrong);
    points(&listing.cases, "cases", POINTS_MAX, wrong);
    tags(listing, site, wrong);
    let guide = listing.user_guide;
    if listing.needs(site.policy, USER_GUIDE) && guide.is_none() {
        let hint = (
            "is missing; upload a guide that says how to log in and use the product",
            "尚未上传，须提供说明如何登录和使用商品的用户指南",
        );
        wrong.check(false, "user_guide", hint);
    }
    file(guide, Purpose::UserGuide, "user_guide", site, wrong);
    copyright(listing, site, wrong);
    qualifications(listing, site, wrong);
    supervision(listing, site, wrong);
    integration(listing, wrong);
    wrong.0.extend(system::mistake(listing, site.policy, site.system));
    seo(&listing.seo, wrong);
}

fn points(points: &[Point], field: &str, most: usize, wrong: &mut Invalid) {
    let count = (format!("may be at most {most}"), format!("最多 {most} 条"));
    wrong.check(points.len() <= most, field, count);
    for (index, Point { title, text }) in points.iter().enumerate().take(most) {
        line(title, 2, 60, &format!("{field}[{index}].title"), wrong);
        for (lang, text) in [("en", &text.en), ("zh", &text.zh)] {
            wrong.length(text, 2, STORY_MAX, format!("{field}[{index}].text.{lang}"));
        }
    }
}

fn tags(listing: &Listing, site: &Site<'_>, wrong: &mut Invalid) {
    let rules = &site.policy.catalogue;
    let count = (format!("may be at most {INDUSTRIES_MAX}"), format!("最多 {INDUSTRIES_MAX} 个"));
    wrong.check(listing.industries.len() <= INDUSTRIES_MAX, "industries", count);
    for (index, code) in listing.industries.iter().enumerate() {
        let field = format!("industries[{index}]");
        let known = rules.industries.iter().any(|known| known.code == *code);
        wrong.check(known, &field, ("is not an industry of this site", "不是本站的行业标签"));
        wrong.check(!listing.industries[..index].contains(code), field, ("is named twice", "重复了"));
    }
    for (index, Certification { code, certificate }) in listing.certifications.iter().enumerate() {
        let field = format!("certifications[{index}]");
        let known = rules.certifications.iter().any(|known| known.code == *code);
        wrong.check(known, format!("{field}.code"), ("is not a certification of this site", "不是本站的认证标签"));
        let twice = listing.certifications[..index].iter().any(|other| other.code == *code);
        wrong.check(!twice, format!("{field}.code"), ("is named twice", "重复了"));
        let field = format!("{field}.certificate");
        let hint =
            ("is missing; upload the certificate, or take the mark away", "尚未上传，须提供证书，或取消该认证标签");
        wrong.check(certificate.is_some(), &field, hint);
        file(*certificate, Purpose::Certificate, &field, site, wrong);
    }
}

/// A document of the seller's, handed in for this.
fn file(id: Option<DocumentId>, purpose: Purpose, field: &str, site: &Site<'_>, wrong: &mut Invalid) {
    let Some(id) = id else { return };
    let fits = site.files.get(&id).is_some_and(|file| file.purpose == purpose);
    let hint = (
        format!("is not a document of your account with the purpose {purpose}; upload it first"),
        format!("不是本账号以 {purpose} 用途上传的文件，须先上传"),
    );
    wrong.check(fits, field, hint);
}

fn copyright(listing: &Listing, site: &Site<'_>, wrong: &mut Invalid) {
    let Copyright { software, holder, certificate, declaration, letter } = &listing.copyright;
    file(*certificate, Purpose::SoftwareCopyright, "copyright.certificate", site, wrong);
    file(*letter, Purpose::SoftwareCopyright, "copyright.letter", site, wrong);
    if !listing.needs(site.policy, SOFTWARE_COPYRIGHT) && is_default(&listing.copyright) {
        return;
    }
    let unregistered = *declaration == Some(Declaration::Unregistered);
    if !unregistered {
        let hint = (
            "is missing; upload the certificate, or declare that you have written the software and have none yet",
            "尚未上传，须提供软件著作权证书；自研软件尚未取得证书的，可选择相应的承诺函",
        );
        wrong.check(certificate.is_some(), "copyright.certificate", hint);
        wrong.length(software, 2, 80, "copyright.software");
        wrong.length(holder, 2, 120, "copyright.holder");
        let own = same_name(holder, site.seller) || holder.trim().is_empty();
        let hint = (
            format!("is not you, '{}'; choose the declaration that says why you may sell it", site.seller),
            format!("与商家名称“{}”不一致，须选择说明销售权利来源的承诺函", site.seller),
        );
        wrong.check(own || declaration.is_some(), "copyright.holder", hint);
        for (lang, name) in [("en", &listing.name.en), ("zh", &listing.name.zh)] {
            let alike = software.trim().is_empty() || naming::is_certified_name(name, software);
            let hint = (
                format!(
                    "must be the name on the certificate, '{software}', in one language at least; a form such as \
                     'SaaS 版' or '独立部署' may follow"
                ),
                format!("至少一种语言的名称须与证书上的软件名称“{software}”一致，其后可加“SaaS 版”“独立部署”等后缀"),
            );
            let other = if lang == "en" { &listing.name.zh } else { &listing.name.en };
            let fine = alike || naming::is_certified_name(other, software);
            wrong.check(fine || lang == "en", format!("name.{lang}"), hint);
        }
    }
    let hint = ("is missing; upload the signed declaration", "尚未上传，须提供签字盖章的承诺函");
    wrong.check(declaration.is_none() || letter.is_some(), "copyright.letter", hint);
}

/// Names of companies are compared without blanks, brackets of either width, and capitals.
fn same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| -> String {
        let kept = name.chars().filter(|c| !c.is_whitespace() && !"()（）.,，。".contains(*c));
        kept.flat_map(char::to_lowercase).collect()
    };
    plain(one) == plain(other)
}

fn qualifications(listing: &Listing, site: &Site<'_>, wrong: &mut Invalid) {
    let known = &site.policy.catalogue.qualifications;
    let mut seen = BTreeSet::new();
    for (index, Paper { code, document }) in listing.qualifications.iter().enumerate() {
        let field = format!("qualifications[{index}]");
        let there = known.iter().any(|known| known.code == *code);
        wrong.check(
            there,
            format!("{field}.code"),
            ("is not a document that this site asks for", "不是本站要求的材料"),
        );
        wrong.check(seen.insert(code), format!("{field}.code"), ("is named twice", "重复了"));
        file(*document, Purpose::ProductQualification, &format!("{field}.document"), site, wrong);
    }
    for paper in known.iter().filter(|paper| listing.needs(site.policy, &paper.code)) {
        let given = listing.qualifications.iter().find(|given| given.code == paper.code);
        let hint = (
            format!("lack the {}; upload it: {}", paper.name.en, paper.hint.en),
            format!("缺少{}，须上传：{}", paper.name.zh, paper.hint.zh),
        );
        wrong.check(given.is_some_and(|given| given.document.is_some()), "qualifications", hint);
    }
}

fn supervision(listing: &Listing, site: &Site<'_>, wrong: &mut Invalid) {
    let rule = site.policy.access(listing.access_type).map_or(Supervision::Never, |rules| rules.supervision);
    match rule {
        Supervision::Choice => {
            let same = site.on_sale.is_none_or(|on_sale| on_sale.supervised == listing.supervised);
            let hint = (
                "cannot be changed once the product was listed; begin a new product instead",
                "商品上架后不能更改是否涉及服务监管，须另建商品",
            );
            wrong.check(same, "supervised", hint);
        }
        Supervision::Always => {}
        Supervision::Never => {
            let hint = ("is not possible for this access type; take it away", "该接入类型不涉及服务监管，须取消勾选");
            wrong.check(!listing.supervised, "supervised", hint);
        }
    }
    let fits = listing.opening == Opening::AtPayment || listing.access_type.is_called() && listing.supervised;
    let hint = (
        "is for SaaS with supervised delivery only; let it open when it is paid",
        "仅适用于涉及服务监管的 SaaS 商品，须改为付款后开通",
    );
    wrong.check(fits, "opening", hint);
    let Service { flow, requirement_template, delivery_template, acceptance } = &listing.service;
    points(flow, "service.flow", STEPS_MAX, wrong);
    for (id, field) in
        [(requirement_template, "service.requirement_template"), (delivery_template, "service.delivery_template")]
    {
        file(*id, Purpose::ServiceTemplate, field, site, wrong);
    }
    if !listing.is_supervised(site.policy) {
        return;
    }
    let hint = ("is empty; say in steps how the service goes", "尚未填写，须按步骤说明服务流程");
    wrong.check(!flow.is_empty(), "service.flow", hint);
    for (id, field, what, zh) in [
        (requirement_template, "service.requirement_template", "what the buyer fills in first", "买家填写需求用的模板"),
        (delivery_template, "service.delivery_template", "what you hand over in the end", "交付时提交材料用的模板"),
    ] {
        let hint = (format!("is missing; upload the form for {what}"), format!("尚未上传，须提供{zh}"));
        wrong.check(id.is_some(), field, hint);
    }
    for (lang, text) in [("en", &acceptance.en), ("zh", &acceptance.zh)] {
        wrong.length(text, ACCEPTANCE_MIN, ACCEPTANCE_MAX, format!("service.acceptance.{lang}"));
    }
}

/// What only software with a signed interface is told.
fn integration(listing: &Listing, wrong: &mut Invalid) {
    let asks = !listing.asks().is_empty();
    if listing.access_type != AccessType::Saas {
        let hint = ("are for SaaS only; remove them", "仅适用于 SaaS 商品，须删除");
        let field = if listing.parameters.is_empty() { "contacts" } else { "parameters" };
        wrong.check(!asks, field, hint);
        return;
    }
    let count = (format!("may be at most {PARAMETERS_MAX}"), format!("最多 {PARAMETERS_MAX} 个"));
    wrong.check(listing.parameters.len() <= PARAMETERS_MAX, "parameters", count);
    for (index, Parameter { name, label, kind: _, mandatory: _ }) in
        listing.parameters.iter().enumerate().take(PARAMETERS_MAX)
    {
        let field = format!("parameters[{index}]");
        let word = (1..=40).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let hint = (
            "must be a word of letters, digits and _ that begins with a letter, such as emailDomainName",
            "须为字母、数字或 _，以字母开头，例如 emailDomainName",
        );
        wrong.check(word, format!("{field}.name"), hint);
        let twice = listing.parameters[..index].iter().any(|other| other.name == *name);
        wrong.check(
            !twice,
            format!("{field}.name"),
            ("is used twice; give each its own name", "名称重复，每个参数须有各自的名称"),
        );
        // Both are told under their names.
        let counted = listing.specs.iter().flat_map(|spec| &spec.attributes).any(|attribute| attribute.code() == name);
        let hint = (
            "is the code of an attribute of yours, which your software is told by that name; choose another name",
            "与本商品的属性编码相同，商家系统无法区分，须换一个名称",
        );
        wrong.check(!counted, format!("{field}.name"), hint);
        line(label, 1, 40, &format!("{field}.label"), wrong);
        let secret = [name.as_str(), &label.en, &label.zh].into_iter().any(naming::asks_for_a_secret);
        let hint = (
            "must not ask for passwords or other secrets: answers are shown with the order; let buyers set them in your software",
            "不能要求填写密码等保密信息：填写的内容会显示在订单中，应由买家在商家系统内自行设置",
        );
        wrong.check(!secret, format!("{field}.name"), hint);
    }
}

fn seo(seo: &Seo, wrong: &mut Invalid) {
    let Seo { title, keywords, description } = seo;
    let one_line = |text: &Localized, most: usize, field: &str, wrong: &mut Invalid| {
        line(text, 0, most, field, wrong);
    };
    one_line(title, 70, "seo.title", wrong);
    one_line(keywords, 120, "seo.keywords", wrong);
    one_line(description, 200, "seo.description", wrong);
}

#[cfg(test)]
mod tests {
    use documents::{Document, Incoming};
    use kernel::{
        Timestamp,
        id::{AccountId, UserId},
    };
    use policy::{Policy, Scenario};
    use production::{CallForm, System};
    use serde_json::{Value, json};

    use super::*;
    use crate::rules::form::Files;

    fn file(purpose: Purpose) -> Document {
        let now = Timestamp::from_micros(0);
        Document {
            id: DocumentId::new(now),
            account_id: AccountId::new(now),
            uploaded_by: UserId::new(now),
            name: "a.pdf".to_owned(),
            purpose,
            media_type: "application/pdf".to_owned(),
            size: 9,
            sha256: String::new(),
            uploaded_at: now,
            incoming: Incoming::default(),
        }
    }

    /// A system at which everything has passed.
    fn proven() -> System {
        let passed = Scenario::ALL.iter().copied().collect();
        System { url: String::new(), form: CallForm::KooGalleryV2, passed }
    }

    /// The fields that are wrong with a listing of a seller named Cloudco Software.
    fn wrong(listing: Value, files: &[&Document], on_sale: Option<&Listing>) -> Vec<String> {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let files: Files = files.iter().map(|file| (file.id, (*file).clone())).collect();
        let site = Site {
            policy: &policy,
            seller: "Cloudco Software",
            files: &files,
            system: Some(&proven()),
            on_sale,
            parts: &BTreeSet::new(),
        };
        let listing: Listing = serde_json::from_value(listing).unwrap();
        let mut wrong = Invalid::default();
        check(&listing, &site, &mut wrong);
        wrong.0.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn the_documents_of_its_access_type_have_to_be_there() {
        assert_eq!(
            wrong(json!({"access_type": "saas"}), &[], None),
            ["user_guide", "copyright.certificate", "copyright.software", "copyright.holder"]
        );
        // What its supervision wants stands beside it.
        let papers = |listing: Value, files: &[&Document]| {
            wrong(listing, files, None).into_iter().filter(|field| !field.starts_with("service.")).collect::<Vec<_>>()
        };
        assert_eq!(papers(json!({"access_type": "dataset"}), &[]), ["qualifications"]);
        assert_eq!(wrong(json!({"access_type": "license"}), &[], None), Vec::<String>::new());
        let paper = file(Purpose::ProductQualification);
        let given =
            json!({"access_type": "dataset", "qualifications": [{"code": "data_source", "document": paper.id}]});
        assert_eq!(papers(given.clone(), &[&paper]), Vec::<String>::new());
        assert_eq!(papers(given.clone(), &[]), ["qualifications[0].document"], "another account's");
        let other = Document { purpose: Purpose::Other, ..paper };
        assert_eq!(papers(given, &[&other]), ["qualifications[0].document"], "handed in for something else");
    }

    #[test]
    fn a_copyright_of_somebody_else_needs_a_declaration() {
        let (certificate, letter) = (file(Purpose::SoftwareCopyright), file(Purpose::SoftwareCopyright));
        let mut listing = json!({"access_type": "license", "name": {"en": "Log Lens", "zh": "日志透镜 SaaS版"}, "copyright": {
            "software": "日志透镜", "holder": "CLOUDCO Software", "certificate": certificate.id}});
        let files = [&certificate, &letter];
        assert_eq!(wrong(listing.clone(), &files, None), Vec::<String>::new());
        listing["copyright"]["holder"] = json!("Pinecone Tools");
        assert_eq!(wrong(listing.clone(), &files, None), ["copyright.holder"]);
        listing["copyright"]["declaration"] = json!("authorised");
        assert_eq!(wrong(listing.clone(), &files, None), ["copyright.letter"]);
        listing["copyright"]["letter"] = json!(letter.id);
        assert_eq!(wrong(listing.clone(), &files, None), Vec::<String>::new());
        listing["copyright"]["software"] = json!("云报表");
        assert_eq!(wrong(listing, &files, None), ["name.zh"]);
        let own = json!({"access_type": "license", "copyright": {"declaration": "unregistered", "letter": letter.id}});
        assert_eq!(wrong(own, &files, None), Vec::<String>::new());
    }

    #[test]
    fn a_supervised_service_says_how_it_goes() {
        let asked = [
            "service.flow",
            "service.requirement_template",
            "service.delivery_template",
            "service.acceptance.en",
            "service.acceptance.zh",
        ];
        assert_eq!(wrong(json!({"access_type": "service"}), &[], None), asked);
        assert_eq!(wrong(json!({"access_type": "bundle"}), &[], None), Vec::<String>::new());
        assert_eq!(wrong(json!({"access_type": "bundle", "supervised": true}), &[], None), asked);
        assert_eq!(wrong(json!({"access_type": "license", "supervised": true}), &[], None), ["supervised"]);
        let sold: Listing = serde_json::from_value(json!({"access_type": "bundle", "supervised": true})).unwrap();
        assert_eq!(wrong(json!({"access_type": "bundle"}), &[], Some(&sold)), ["supervised"], "it was listed so");
    }

    #[test]
    fn only_saas_asks_its_buyers() {
        let parameter =
            json!([{"name": "emailDomainName", "label": {"en": "Mail domain", "zh": "邮箱域名"}, "kind": "domain"}]);
        assert_eq!(wrong(json!({"access_type": "bundle", "parameters": parameter}), &[], None), ["parameters"]);
        let twice = json!([{"name": "a", "label": {"en": "A", "zh": "甲"}, "kind": "text"}, {"name": "a", "kind": "text"},
            {"name": "1st", "label": {"en": "B", "zh": "乙"}, "kind": "text"}]);
        let found = wrong(json!({"access_type": "saas", "parameters": twice}), &[], None);
        for field in ["parameters[1].name", "parameters[1].label.en", "parameters[2].name"] {
            assert!(found.contains(&field.to_owned()), "{field}: {found:?}");
        }
    }

    #[test]
    fn marks_are_known_and_proven() {
        let listing = json!({"access_type": "license", "industries": ["finance", "moon"], "certifications": [{"code": "kunpeng"}, {"code": "gold"}],
            "highlights": [{"title": {"en": "Fast", "zh": "快"}, "text": {"en": "Very.", "zh": "很快。"}}]});
        let found = wrong(listing, &[], None);
        let asked = [
            "highlights[0].title.zh",
            "industries[1]",
            "certifications[0].certificate",
            "certifications[1].code",
            "certifications[1].certificate",
        ];
        assert_eq!(found, asked);
    }
}
