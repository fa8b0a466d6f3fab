//! What can be sold: the access types of a site, and which rules go with each (spec/marketplace.md §4.4).

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Invalid, Localized, choices};
use serde::Deserialize;

use super::{Category, Policy, TaxClass, TypeField};

choices! {
    /// How a product is accessed (商品接入类型).
    pub enum AccessType {
        Saas = "saas",
        License = "license",
        Image = "image",
        Api = "api",
        Agent = "agent",
        /// What people do: migration, installation, consulting (专业服务).
        Service = "service",
        Hardware = "hardware",
        Container = "container",
        AiAsset = "ai_asset",
        Dataset = "dataset",
        Bundle = "bundle",
    }
}

choices! {
    /// How a spec is paid for (计费模式).
    pub enum BillingMode {
        OneOff = "one_off",
        Period = "period",
        OnDemand = "on_demand",
        /// A prepaid amount of what is otherwise paid on demand (套餐包).
        Package = "package",
    }
}

choices! {
    /// Whether what was delivered can be returned without a reason.
    pub enum ReturnRule {
        /// Within the hours that `refunds.no_reason_hours` says.
        NoReason = "no_reason",
        Never = "never",
    }
}

choices! {
    /// Whether delivery is supervised: requirement, proof, acceptance (服务监管).
    pub enum Supervision {
        Always = "always",
        /// The seller says so in the listing, once.
        Choice = "choice",
        Never = "never",
    }
}

choices! {
    /// What a seller's system is tried out with before what it runs is sold (调试用例).
    pub enum Scenario {
        Create = "create",
        /// Its buyer has accepted what opens after that.
        Accept = "accept",
        Describe = "describe",
        Renew = "renew",
        ReturnRenewal = "return_renewal",
        BuyTrial = "buy_trial",
        CheckChange = "check_change",
        Change = "change",
        Freeze = "freeze",
        Unfreeze = "unfreeze",
        /// Its term is over: a word of its own in older programs, to freeze it in all others.
        Expire = "expire",
        Release = "release",
        Notify = "notify",
        /// Of the authorisation code of licensed software: its end has moved.
        RenewCode = "renew_code",
        ReturnCodeRenewal = "return_code_renewal",
        FreezeCode = "freeze_code",
        UnfreezeCode = "unfreeze_code",
        ReleaseCode = "release_code",
    }
}

impl Scenario {
    /// Whether it is about an authorisation code. Sellers' systems are told of those at their own wish.
    pub const fn is_of_code(self) -> bool {
        match self {
            Self::RenewCode | Self::ReturnCodeRenewal | Self::FreezeCode | Self::UnfreezeCode | Self::ReleaseCode => {
                true
            }
            Self::Create
            | Self::Accept
            | Self::Describe
            | Self::Renew
            | Self::ReturnRenewal
            | Self::BuyTrial
            | Self::CheckChange
            | Self::Change
            | Self::Freeze
            | Self::Unfreeze
            | Self::Expire
            | Self::Release
            | Self::Notify => false,
        }
    }

    /// Whether sellers' systems are told of it at their sellers' wish.
    pub const fn is_at_wish(self) -> bool {
        matches!(self, Self::Notify) || self.is_of_code()
    }
}

/// The rules of one access type.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessRules {
    pub code: AccessType,
    pub name: Localized,
    /// The billing modes that its specs may have, each with the code of its tax class.
    pub modes: BTreeMap<BillingMode, String>,
    /// The platform's share of what the buyer paid.
    pub fee_basis_points: u32,
    pub returns: ReturnRule,
    pub supervision: Supervision,
    /// Which documents a listing needs: `user_guide`, `software_copyright`, or codes of `catalogue.qualifications`.
    #[serde(default)]
    pub documents: BTreeSet<String>,
    /// What a product's page says about when it can be bought; without it, it can be bought now.
    #[serde(default)]
    pub sold_later: Option<Localized>,
    /// By billing mode, the cases that have to pass at the seller's system before its specs are submitted; without a word of
    /// it, the usual ones.
    #[serde(default)]
    pub cases: Option<BTreeMap<BillingMode, BTreeSet<Scenario>>>,
    /// Days after the end of a term for which it can still be used, where they are not those of all others.
    #[serde(default)]
    pub grace_days: Option<u32>,
    /// What its listings say of themselves in fields.
    #[serde(default)]
    pub fields: Vec<TypeField>,
}

/// A paper that listings of some access types need.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Qualification {
    pub code: String,
    pub name: Localized,
    /// What the seller is asked for.
    pub hint: Localized,
}

/// An attribute that belongs to the site: sellers may use it, and name none of theirs like it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetAttribute {
    pub code: String,
    pub name: Localized,
    /// What a listing begins with; its seller may leave some out and add others.
    #[serde(default)]
    pub values: Vec<Category>,
    /// Of what is chosen by number instead.
    #[serde(default)]
    pub quantity: Option<PresetQuantity>,
}

/// What is counted, and between which numbers a listing may stay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresetQuantity {
    pub unit: Localized,
    /// The English unit after the number one.
    #[serde(default)]
    pub unit_one: Option<String>,
    pub min: u64,
    pub max: u64,
    /// A listing may take larger steps, each of so many.
    pub step: u64,
}

/// What a site has whose rules say nothing of it.
pub(super) fn usual_presets() -> Vec<PresetAttribute> {
    let presets = [
        ("appname", "Application", "应用名称"),
        ("version", "Application version", "应用版本"),
        ("os", "Operating system", "操作系统"),
        ("mode", "Deployment mode", "部署模式"),
    ];
    let preset = |(code, en, zh): (&str, &str, &str)| PresetAttribute {
        code: code.to_owned(),
        name: Localized::new(en, zh),
        values: Vec::new(),
        quantity: None,
    };
    presets.map(preset).into()
}

/// The papers that every site knows.
pub const USER_GUIDE: &str = "user_guide";
pub const SOFTWARE_COPYRIGHT: &str = "software_copyright";

impl AccessType {
    /// Whether this program can deliver it. What it cannot deliver must say when it can be bought.
    pub const fn is_delivered(self) -> bool {
        match self {
            Self::License | Self::Saas => true,
            Self::Image
            | Self::Api
            | Self::Agent
            | Self::Service
            | Self::Hardware
            | Self::Container
            | Self::AiAsset
            | Self::Dataset
            | Self::Bundle => false,
        }
    }

    /// Whether its seller's own system is called when it is sold.
    pub const fn is_called(self) -> bool {
        match self {
            Self::Saas => true,
            Self::License
            | Self::Image
            | Self::Api
            | Self::Agent
            | Self::Service
            | Self::Hardware
            | Self::Container
            | Self::AiAsset
            | Self::Dataset
            | Self::Bundle => false,
        }
    }
}

/// What a seller's system is tried out with where the rules say nothing of it (spec/marketplace.md §5.2).
fn usual_cases(code: AccessType, mode: BillingMode) -> BTreeSet<Scenario> {
    if !code.is_called() {
        return BTreeSet::new();
    }
    let always = [Scenario::Create, Scenario::Describe, Scenario::Release];
    let later: &[Scenario] = match mode {
        BillingMode::OneOff => &[],
        BillingMode::Period => &[Scenario::Renew, Scenario::Freeze, Scenario::Unfreeze],
        // A package that is used up is frozen until it is full again.
        BillingMode::OnDemand | BillingMode::Package => &[Scenario::Freeze, Scenario::Unfreeze],
    };
    always.into_iter().chain(later.iter().copied()).collect()
}

fn named<'c>(known: impl IntoIterator<Item = &'c Category>, code: &str) -> Localized {
    let found = known.into_iter().find(|known| known.code == code);
    found.map_or_else(|| Localized::new(code, code), |known| known.name.clone())
}

impl BillingMode {
    /// Whether this program can charge for it. What it cannot charge for must say when it can be bought.
    pub const fn is_charged(self) -> bool {
        match self {
            Self::OneOff | Self::Period | Self::OnDemand | Self::Package => true,
        }
    }
}

/// What a site says whose rules say nothing of it.
pub(super) fn usual_modes_later() -> BTreeMap<BillingMode, Localized> {
    let text = Localized::new("Its price can be looked at and tried out.", "可先查看价格并试算费用。");
    BillingMode::ALL.iter().filter(|mode| !mode.is_charged()).map(|mode| (*mode, text.clone())).collect()
}

impl AccessType {
    /// What a buyer is told of something that is supervised and could be delivered otherwise; none: it can be bought.
    pub fn supervised_later(self, supervised: bool) -> Option<Localized> {
        (supervised && self.is_delivered()).then(|| {
            Localized::new(
                "Its delivery is supervised. It can be ordered once this site supervises services from requirement to acceptance.",
                "该商品需经服务监管交付。待本站开通从需求到验收的服务监管后即可下单。",
            )
        })
    }
}

impl Policy {
    /// The rules of an access type; `None`: it cannot be sold here.
    pub fn access(&self, code: AccessType) -> Option<&AccessRules> {
        self.access_types.iter().find(|rules| rules.code == code)
    }

    /// How an access type is called, also when it is not sold any more.
    pub fn access_name(&self, code: AccessType) -> Localized {
        self.access(code).map_or_else(|| Localized::new(code.as_str(), code.as_str()), |rules| rules.name.clone())
    }

    /// How a value of the site's attributes is called; its code where a seller has added it.
    pub fn environment_name(&self, code: &str) -> Localized {
        let values = self.catalogue.attributes.iter().flat_map(|preset| &preset.values);
        named(values, code)
    }

    /// How a mark is called, also when it is not given any more.
    pub fn certification_name(&self, code: &str) -> Localized {
        named(&self.catalogue.certifications, code)
    }

    /// How a combination is taxed; `None`: it cannot be sold here.
    pub fn tax_class(&self, access_type: AccessType, billing_mode: BillingMode) -> Option<&TaxClass> {
        let class = self.access(access_type)?.modes.get(&billing_mode)?;
        self.tax_classes.iter().find(|known| known.code == *class)
    }

    /// The cases that have to pass at the seller's system before something is submitted.
    pub fn cases(&self, access_type: AccessType, billing_mode: BillingMode) -> BTreeSet<Scenario> {
        match self.access(access_type).and_then(|rules| rules.cases.as_ref()) {
            Some(cases) => cases.get(&billing_mode).cloned().unwrap_or_default(),
            None => usual_cases(access_type, billing_mode),
        }
    }

    /// The platform's share in basis points.
    pub fn fee(&self, access_type: AccessType) -> u32 {
        self.access(access_type).map_or(0, |rules| rules.fee_basis_points)
    }

    /// Hours after delivery in which it can be returned without a reason; 0: it cannot.
    pub fn return_hours(&self, access_type: AccessType) -> u32 {
        match self.access(access_type).map(|rules| rules.returns) {
            Some(ReturnRule::NoReason) => self.refunds.no_reason_hours,
            Some(ReturnRule::Never) | None => 0,
        }
    }

    /// When it can be bought, if not yet.
    pub fn sold_later(&self, access_type: AccessType) -> Option<&Localized> {
        self.access(access_type)?.sold_later.as_ref()
    }

    /// When a combination can be bought, if not yet: the access type has to be delivered, and the billing mode charged.
    pub fn not_sold_yet(&self, access_type: AccessType, billing_mode: BillingMode) -> Option<&Localized> {
        self.sold_later(access_type).or_else(|| self.modes_later.get(&billing_mode))
    }

    /// The rules that keep something from being sold which this program can sell. A site may mean it; one whose rules are older
    /// than the program learns of it here.
    pub fn held_back(&self) -> Vec<String> {
        let modes = self.modes_later.keys().filter(|mode| mode.is_charged()).map(|mode| format!("modes_later.{mode}"));
        let types = self.access_types.iter().filter(|rules| rules.code.is_delivered() && rules.sold_later.is_some());
        modes.chain(types.map(|rules| format!("access_types.{}.sold_later", rules.code))).collect()
    }

    pub(super) fn check_modes_later(&self, wrong: &mut Invalid) {
        for mode in BillingMode::ALL {
            let said = self.modes_later.get(mode).is_some_and(|text| !text.en.is_empty() && !text.zh.is_empty());
            let hint = (
                "is missing; this program cannot charge for it yet, so say in both languages when it can be bought",
                "缺失；本程序暂时不能按该模式计费，须用中英文说明何时可以购买",
            );
            wrong.check(said || mode.is_charged(), format!("modes_later.{mode}"), hint);
        }
    }

    pub(super) fn check_access_types(&self, wrong: &mut Invalid) {
        let some = !self.access_types.is_empty();
        wrong.check(some, "access_types", ("must list at least one access type", "至少须列出一种接入类型"));
        let qualifications = &self.catalogue.qualifications;
        for (index, rules) in self.access_types.iter().enumerate() {
            let twice = self.access_types[..index].iter().any(|other| other.code == rules.code);
            let field = |name: &str| format!("access_types.{}{name}", rules.code);
            wrong.check(!twice, field(""), ("is listed twice; keep one of them", "出现了两次，须保留其中一项"));
            self.check_modes(rules, wrong);
            check_cases(rules, wrong);
            let fee = ("cannot be more than 10000 basis points", "不能超过 10000 个基点");
            wrong.check(rules.fee_basis_points <= 10_000, field(".fee_basis_points"), fee);
            for document in &rules.documents {
                let known = [USER_GUIDE, SOFTWARE_COPYRIGHT].contains(&document.as_str())
                    || qualifications.iter().any(|known| known.code == *document);
                let hint = (
                    format!(
                        "names the unknown document '{document}'; use user_guide, software_copyright or a code of \
                         catalogue.qualifications"
                    ),
                    format!(
                        "引用了不存在的材料“{document}”，可用 user_guide、software_copyright 或 \
                         catalogue.qualifications 中的编码"
                    ),
                );
                wrong.check(known, field(".documents"), hint);
            }
            let said = rules.sold_later.as_ref().is_some_and(|text| !text.en.is_empty() && !text.zh.is_empty());
            let hint = (
                "is missing; this program cannot deliver the type yet, so say in both languages when it can be bought",
                "缺失；本程序暂时不能交付这种接入类型，须用中英文说明何时可以购买",
            );
            wrong.check(said || rules.code.is_delivered(), field(".sold_later"), hint);
        }
        for (index, paper) in qualifications.iter().enumerate() {
            let twice = qualifications[..index].iter().any(|other| other.code == paper.code)
                || [USER_GUIDE, SOFTWARE_COPYRIGHT].contains(&paper.code.as_str());
            let hint =
                ("is used by another document; give each its own code", "已被其他材料使用，每种材料须有各自的编码");
            wrong.check(!twice, format!("catalogue.qualifications.{}", paper.code), hint);
        }
    }

    pub(super) fn check_presets(&self, wrong: &mut Invalid) {
        for preset in &self.catalogue.attributes {
            let Some(PresetQuantity { unit, unit_one: _, min, max, step }) = &preset.quantity else { continue };
            let field = |name: &str| format!("catalogue.attributes.{}.{name}", preset.code);
            let one = (
                "are of what is chosen from a list; leave them or the quantity out",
                "仅用于枚举属性，不能与 quantity 同时设置",
            );
            wrong.check(preset.values.is_empty(), field("values"), one);
            let said = !unit.en.is_empty() && !unit.zh.is_empty();
            wrong.check(said, field("quantity.unit"), ("must be given in both languages", "须有中英文单位"));
            let fits = min <= max && *step > 0;
            wrong.check(
                fits,
                field("quantity"),
                ("must have a min up to its max, and a step of at least 1", "的 min 不能大于 max，step 不能小于 1"),
            );
        }
    }

    fn check_modes(&self, rules: &AccessRules, wrong: &mut Invalid) {
        let hint = ("must name at least one billing mode", "至少须有一种计费模式");
        wrong.check(!rules.modes.is_empty(), format!("access_types.{}.modes", rules.code), hint);
        for (mode, class) in &rules.modes {
            let known = self.tax_classes.iter().any(|known| known.code == *class);
            let hint = (format!("names the unknown tax class '{class}'"), format!("引用了不存在的税收分类“{class}”"));
            wrong.check(known, format!("access_types.{}.modes.{mode}", rules.code), hint);
        }
    }
}

fn check_cases(rules: &AccessRules, wrong: &mut Invalid) {
    let Some(cases) = &rules.cases else { return };
    let hint = (
        "are of access types that sellers' systems deliver; take them away",
        "仅适用于由商家系统交付的接入类型，须删除",
    );
    wrong.check(rules.code.is_called() || cases.is_empty(), format!("access_types.{}.cases", rules.code), hint);
    let of_codes = cases.values().flatten().find(|case| case.is_of_code());
    let hint =
        ("are of licensed software, which no system has to be tried out for", "属于授权码场景，不能要求调试，须删除");
    wrong.check(of_codes.is_none(), format!("access_types.{}.cases", rules.code), hint);
    for mode in cases.keys().filter(|mode| !rules.modes.contains_key(mode)) {
        let hint = ("is no billing mode of this access type; take it away", "不是该接入类型的计费模式，须删除");
        wrong.check(false, format!("access_types.{}.cases.{mode}", rules.code), hint);
    }
}

/// Versions that were published before access types were data have fees and combinations apart; `None`: this is none of
/// those. What such a version did not list cannot be sold under it.
pub(super) fn from_before(text: &str) -> Option<String> {
    let mut table: toml::Table = toml::from_str(text).ok()?;
    if table.contains_key("access_types") {
        return None;
    }
    let sellable = table.remove("sellable")?;
    let fees = table.remove("fees");
    let mut modes: BTreeMap<String, toml::Table> = BTreeMap::new();
    for one in sellable.as_array()? {
        let word = |key: &str| one.get(key)?.as_str();
        let of_type = modes.entry(word("access_type")?.to_owned()).or_default();
        of_type.insert(word("billing_mode")?.to_owned(), toml::Value::from(word("tax_class")?));
    }
    let rules = modes.into_iter().map(|(code, modes)| {
        let fee = fees.as_ref().and_then(|fees| fees.get(&code)).cloned().unwrap_or(toml::Value::from(0));
        let name = toml::Table::from_iter([("en", "Licensed software"), ("zh", "软件许可")].map(|(lang, name)| {
            (lang.to_owned(), toml::Value::from(if code == "license" { name } else { code.as_str() }))
        }));
        let fields = [
            ("code", toml::Value::from(code.as_str())),
            ("name", name.into()),
            ("modes", modes.into()),
            ("fee_basis_points", fee),
            ("returns", ReturnRule::NoReason.as_str().into()),
            ("supervision", Supervision::Never.as_str().into()),
        ];
        toml::Value::from(toml::Table::from_iter(fields.map(|(key, value)| (key.to_owned(), value))))
    });
    table.insert("access_types".to_owned(), toml::Value::Array(rules.collect()));
    toml::to_string(&table).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::DEFAULT;

    fn refused(text: &str) -> Vec<String> {
        Policy::parse(text).unwrap_err().0.into_iter().map(|error| error.field).collect()
    }

    #[test]
    fn what_is_not_charged_yet_is_not_sold_whatever_its_type() {
        let policy = Policy::parse(DEFAULT).unwrap();
        for mode in BillingMode::ALL {
            assert_eq!(policy.not_sold_yet(AccessType::License, *mode).is_none(), mode.is_charged(), "{mode}");
            assert!(policy.not_sold_yet(AccessType::Api, *mode).is_some(), "{mode}");
        }
        assert_eq!(policy.held_back(), Vec::<String>::new());
        let later = "\n[modes_later]\npackage = { en = \"Later\", zh = \"以后\" }\n\n[storefront]\n";
        let older = Policy::parse(&DEFAULT.replace("\n[storefront]\n", later)).unwrap();
        assert_eq!(older.held_back(), ["modes_later.package"], "what was published before it could be charged");
        assert!(older.not_sold_yet(AccessType::Saas, BillingMode::Package).is_some());
    }

    #[test]
    fn every_access_type_is_there_from_the_start_with_the_tax_of_the_matrix() {
        let policy = Policy::parse(DEFAULT).unwrap();
        for code in AccessType::ALL {
            let rules = policy.access(*code).unwrap();
            assert_eq!(rules.sold_later.is_none(), code.is_delivered(), "{code}");
        }
        let taxed = |code, mode| policy.tax_class(code, mode).map_or("", |class| class.code.as_str());
        // One-off, by period, on demand, as a package; nothing: not sold like this.
        for (code, classes) in [
            (AccessType::Saas, ["service", "service", "service", "service"]),
            (AccessType::License, ["software", "service", "", ""]),
            (AccessType::Image, ["", "service", "service", ""]),
            // Per use is on demand with a meter of uses.
            (AccessType::Api, ["", "", "service", "service"]),
            (AccessType::Agent, ["", "service", "service", "service"]),
            (AccessType::Service, ["service", "service", "", ""]),
            (AccessType::Hardware, ["hardware", "", "", ""]),
            (AccessType::Container, ["software", "service", "", ""]),
            (AccessType::AiAsset, ["", "", "software", "software"]),
            (AccessType::Dataset, ["software", "service", "", ""]),
            (AccessType::Bundle, ["service", "service", "", ""]),
        ] {
            let modes = [BillingMode::OneOff, BillingMode::Period, BillingMode::OnDemand, BillingMode::Package];
            assert_eq!(modes.map(|mode| taxed(code, mode)), classes, "{code}");
        }
        let supervised = |wanted| {
            let all = AccessType::ALL.iter().copied();
            all.filter(|code| policy.access(*code).unwrap().supervision == wanted).collect::<Vec<_>>()
        };
        assert_eq!(supervised(Supervision::Always), [AccessType::Service, AccessType::Hardware, AccessType::Dataset]);
        assert_eq!(supervised(Supervision::Choice), [AccessType::Saas, AccessType::Bundle]);
        for code in AccessType::ALL {
            let own = policy.review.points(*code).filter(|point| !point.access_types.is_empty()).count();
            assert!((2..=4).contains(&own), "{code}: a reviewer has {own} points of its own");
        }
        assert_eq!(policy.return_hours(AccessType::License), policy.refunds.no_reason_hours);
        assert_eq!(policy.return_hours(AccessType::Service), 0);
    }

    #[test]
    fn what_is_tried_out_before_it_is_sold_is_a_matrix_that_can_be_changed() {
        let policy = Policy::parse(DEFAULT).unwrap();
        let line = DEFAULT.lines().find(|line| line.starts_with("cases = {")).unwrap();
        let older = Policy::parse(&DEFAULT.replace(line, "")).unwrap();
        for mode in BillingMode::ALL {
            let cases = policy.cases(AccessType::Saas, *mode);
            assert_eq!(cases, older.cases(AccessType::Saas, *mode), "{mode}: older rules have the usual ones");
            assert!(cases.contains(&Scenario::Create) && !cases.contains(&Scenario::CheckChange), "{mode}");
            assert_eq!(cases.contains(&Scenario::Renew), *mode == BillingMode::Period, "{mode}");
            assert!(policy.cases(AccessType::License, *mode).is_empty());
        }
        let none = Policy::parse(&DEFAULT.replace(line, "cases = {}")).unwrap();
        assert!(none.cases(AccessType::Saas, BillingMode::Period).is_empty(), "a site may ask for none");
        assert!(Policy::parse(&DEFAULT.replace(line, "cases = { period = [\"dance\"] }")).is_err());
        let of_licence =
            DEFAULT.replacen("code = \"license\"", "code = \"license\"\ncases = { package = [\"create\"] }", 1);
        assert_eq!(refused(&of_licence), ["access_types.license.cases", "access_types.license.cases.package"]);
    }

    #[test]
    fn a_preset_is_chosen_from_a_list_or_by_number() {
        let of = |quantity: &str| {
            format!(
                "{DEFAULT}\n[[catalogue.attributes]]\ncode = \"nodes\"\nname = {{ en = \"Nodes\", zh = \"节点数\" }}\n{quantity}\n"
            )
        };
        let fine = "quantity = { unit = { en = \"nodes\", zh = \"个\" }, min = 1, max = 8, step = 1 }";
        let policy = Policy::parse(&of(fine)).unwrap();
        assert!(policy.catalogue.attributes.iter().any(|preset| preset.quantity.is_some() && preset.code == "nodes"));
        let both = format!("{fine}\nvalues = [{{ code = \"one\", name = {{ en = \"One\", zh = \"一\" }} }}]");
        assert_eq!(refused(&of(&both)), ["catalogue.attributes.nodes.values"]);
        assert_eq!(refused(&of(&fine.replace("step = 1", "step = 0"))), ["catalogue.attributes.nodes.quantity"]);
        assert_eq!(refused(&of(&fine.replace("个", ""))), ["catalogue.attributes.nodes.quantity.unit"]);
    }

    #[test]
    fn what_is_wrong_with_an_access_type_names_its_key() {
        let of_licence = |from: &str, to: &str| {
            let start = DEFAULT.find("code = \"license\"").unwrap();
            let (before, after) = DEFAULT.split_at(start);
            refused(&format!("{before}{}", after.replacen(from, to, 1)))
        };
        let modes = "one_off = \"software\", period";
        assert_eq!(of_licence(modes, "one_off = \"goods\", period"), ["access_types.license.modes.one_off"]);
        assert_eq!(
            of_licence("fee_basis_points = 500", "fee_basis_points = 10001"),
            ["access_types.license.fee_basis_points"]
        );
        assert_eq!(of_licence("documents = [", "documents = [\"passport\", "), ["access_types.license.documents"]);
        let later = DEFAULT.lines().filter(|line| !line.starts_with("sold_later")).collect::<Vec<_>>().join("\n");
        assert!(refused(&later).contains(&"access_types.image.sold_later".to_owned()));
        let twice = DEFAULT.replacen("code = \"saas\"", "code = \"license\"", 1);
        assert!(refused(&twice).contains(&"access_types.license".to_owned()));
    }

    #[test]
    fn a_version_from_before_sells_what_it_sold() {
        let start = DEFAULT.find("[[access_types]]").unwrap();
        let end = DEFAULT.find("[catalogue]").unwrap();
        let old = format!(
            "{}[fees]\nlicense = 700\n\n[[sellable]]\naccess_type = \"license\"\nbilling_mode = \"period\"\ntax_class = \"service\"\n\n{}",
            &DEFAULT[..start],
            &DEFAULT[end..]
        );
        let policy = Policy::parse(&old).unwrap();
        assert_eq!(policy.fee(AccessType::License), 700);
        assert_eq!(policy.tax_class(AccessType::License, BillingMode::Period).unwrap().code, "service");
        assert!(policy.tax_class(AccessType::License, BillingMode::OneOff).is_none());
        assert!(policy.access(AccessType::Saas).is_none());
        assert_eq!(policy.return_hours(AccessType::License), 120);
    }
}
