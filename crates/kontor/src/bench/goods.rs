//! Products and questions that look like those of a marketplace: names of a few words in two languages, common words and
//! rare ones, brands that nobody else has. The same numbers make the same goods.

use serde_json::{Value, json};

/// What products are for, in both languages; those at the beginning are the most common.
const SUBJECTS: [(&str, &str); 40] = [
    ("data", "数据"),
    ("cloud", "云"),
    ("log", "日志"),
    ("backup", "备份"),
    ("network", "网络"),
    ("database", "数据库"),
    ("customer", "客户"),
    ("project", "项目"),
    ("mobile", "移动"),
    ("document", "文档"),
    ("order", "订单"),
    ("warehouse", "仓储"),
    ("invoice", "发票"),
    ("payroll", "薪酬"),
    ("contract", "合同"),
    ("meeting", "会议"),
    ("image", "图像"),
    ("speech", "语音"),
    ("translation", "翻译"),
    ("identity", "身份"),
    ("password", "密码"),
    ("firewall", "防火墙"),
    ("vulnerability", "漏洞"),
    ("container", "容器"),
    ("message", "消息"),
    ("energy", "能源"),
    ("factory", "工厂"),
    ("quality", "质量"),
    ("hospital", "医院"),
    ("school", "学校"),
    ("exam", "考试"),
    ("recruitment", "招聘"),
    ("travel", "差旅"),
    ("vehicle", "车辆"),
    ("parcel", "包裹"),
    ("audit", "审计"),
    ("tax", "税务"),
    ("forecast", "预测"),
    ("weather", "气象"),
    ("geology", "地质"),
];

/// What they do with it.
const KINDS: [(&str, &str); 24] = [
    ("management", "管理"),
    ("platform", "平台"),
    ("analysis", "分析"),
    ("monitoring", "监控"),
    ("search", "搜索"),
    ("security", "安全"),
    ("service", "服务"),
    ("gateway", "网关"),
    ("storage", "存储"),
    ("workflow", "流程"),
    ("report", "报表"),
    ("planning", "规划"),
    ("recognition", "识别"),
    ("migration", "迁移"),
    ("scheduling", "调度"),
    ("archive", "归档"),
    ("collaboration", "协作"),
    ("synchronization", "同步"),
    ("inspection", "巡检"),
    ("encryption", "加密"),
    ("recovery", "恢复"),
    ("simulation", "仿真"),
    ("training", "培训"),
    ("billing", "计费"),
];

/// What is promised of them.
const TRAITS: [(&str, &str); 16] = [
    ("enterprise", "企业"),
    ("intelligent", "智能"),
    ("industrial", "工业"),
    ("medical", "医疗"),
    ("financial", "金融"),
    ("government", "政务"),
    ("education", "教育"),
    ("retail", "零售"),
    ("logistics", "物流"),
    ("realtime", "实时"),
    ("automatic", "自动"),
    ("distributed", "分布式"),
    ("visual", "可视化"),
    ("open", "开放"),
    ("private", "私有"),
    ("lightweight", "轻量"),
];

const SYLLABLES: [&str; 32] = [
    "ba", "cor", "den", "el", "fi", "gra", "ho", "in", "jun", "kel", "lo", "mar", "nex", "or", "pal", "qui", "ras",
    "sol", "tan", "ul", "ver", "wen", "xi", "yor", "zen", "bri", "cla", "dra", "fen", "gil", "har", "ith",
];

const CHARACTERS: &str = "云海星辰河山松石风雷明远达信安泰和顺天启博文华锐卓越鼎盛晨曦";

const CATEGORIES: [&str; 10] = [
    "enterprise-applications",
    "developer-tools",
    "security",
    "data-and-ai",
    "industry-software",
    "websites",
    "observability",
    "backup-and-storage",
    "collaboration",
    "finance-and-tax",
];

/// How products are delivered: software most often.
const TYPES: [&str; 8] = ["license", "saas", "service", "image", "api", "agent", "container", "dataset"];

const MARKS: [&str; 6] = ["kunpeng", "ascend", "iot", "hcs", "iso27001", "mlps3"];

const SYSTEMS: [&str; 2] = ["linux", "windows"];

/// What is typed for Chinese words without an input method.
const SOUNDS: [&str; 6] = ["shuju", "beifen", "anquan", "rizhi", "wangluo", "sjk"];

/// Numbers that follow from a seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound.max(1)
    }

    fn of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        let at = self.below(all.len() as u64);
        &all[usize::try_from(at).unwrap_or(0)]
    }

    /// The first ones often, the last ones seldom.
    fn common<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        let (one, other) = (self.below(all.len() as u64), self.below(all.len() as u64));
        &all[usize::try_from(one * other / all.len() as u64).unwrap_or(0)]
    }

    /// A made-up brand, in both writings.
    fn brand(&mut self) -> (String, String) {
        let syllables = 2 + self.below(2);
        let latin: String = (0..syllables).map(|_| *self.of(&SYLLABLES)).collect();
        let characters: Vec<char> = CHARACTERS.chars().collect();
        let han: String = (0..2).map(|_| *self.of(&characters)).collect();
        let mut capital = latin.chars();
        let latin = capital.next().map(|first| first.to_uppercase().chain(capital).collect()).unwrap_or(latin);
        (latin, han)
    }
}

/// A listing.
pub(super) fn listing(number: u64, agreement: &str) -> Value {
    let dice = &mut Dice::new(number + 1);
    let (brand, subject, kind, quality) =
        (dice.brand(), *dice.common(&SUBJECTS), *dice.common(&KINDS), *dice.common(&TRAITS));
    let beside = *dice.common(&SUBJECTS);
    let (mut about, mut about_zh) = (Vec::new(), Vec::new());
    for _ in 0..6 {
        let (what, how, whose) = (*dice.common(&SUBJECTS), *dice.common(&KINDS), *dice.common(&TRAITS));
        about.push(format!(
            "It brings {} {} to {} teams and keeps every {} in sight.",
            what.0, how.0, whose.0, beside.0
        ));
        about_zh.push(format!("为{}团队提供{}{}能力，让{}一目了然。", whose.1, what.1, how.1, beside.1));
    }
    let price = 1 + dice.below(200) * dice.below(200);
    let once = dice.below(3) == 0;
    let billing = if once {
        json!({ "mode": "one_off", "price": { "base": format!("{price}.00") } })
    } else {
        json!({ "mode": "period", "month": { "price": { "base": format!("{price}.00") }, "periods_max": 36, "discounts": [] } })
    };
    let system = (dice.below(2) == 0).then(|| *dice.common(&SYSTEMS));
    let marks = if dice.below(5) == 0 { vec![json!({ "code": dice.common(&MARKS) })] } else { Vec::new() };
    let trial_days = (!once && dice.below(4) == 0).then_some(14);
    json!({
        "access_type": dice.common(&TYPES),
        "name": {
            "en": format!("{} {} {} {}", brand.0, capital(quality.0), capital(subject.0), capital(kind.0)),
            "zh": format!("{}{}{}{}", brand.1, quality.1, subject.1, kind.1),
        },
        "summary": {
            "en": format!("{} {} for {} and {}.", capital(quality.0), kind.0, subject.0, beside.0),
            "zh": format!("面向{}与{}的{}{}。", subject.1, beside.1, quality.1, kind.1),
        },
        "description": { "en": about.join(" "), "zh": about_zh.concat() },
        "version": "V1.0",
        "categories": [dice.common(&CATEGORIES)],
        "certifications": marks,
        "agreement": agreement,
        "delivery_days": dice.below(4) * dice.below(3),
        "currency": "CNY",
        "specs": [{
            "code": "standard",
            "name": { "en": "Standard", "zh": "标准版" },
            "billing_mode": if once { "one_off" } else { "period" },
            "trial_days": trial_days,
            "attributes": system.map(runs_on).into_iter().collect::<Vec<_>>(),
            "skus": [{ "values": system.map_or_else(|| json!({}), |os| json!({ "os": os })), "billing": billing }],
        }],
    })
}

fn runs_on(system: &str) -> Value {
    let name = json!({ "en": capital(system), "zh": capital(system) });
    json!({
        "kind": "enum",
        "code": "os",
        "name": { "en": "Operating system", "zh": "操作系统" },
        "values": [{ "code": system, "name": name }],
    })
}

/// How often a product was rated, and with how many stars in all: half of them never.
pub(super) fn rated(number: u64) -> (u64, u64) {
    let dice = &mut Dice::new(number.wrapping_mul(31) + 5);
    let count = if dice.below(2) == 0 { 0 } else { 1 + dice.below(40) * dice.below(6) };
    (count, (0..count).map(|_| 2 + dice.below(4)).sum())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A question: its words, and what is chosen beside them.
pub(super) struct Question {
    pub(super) words: Vec<String>,
    pub(super) chosen: Chosen,
}

/// The filters of a question.
#[derive(Clone, Default)]
pub(super) struct Chosen {
    pub(super) category: Option<&'static str>,
    pub(super) kind: Option<&'static str>,
    pub(super) mode: Option<&'static str>,
    pub(super) system: Option<&'static str>,
    pub(super) mark: Option<&'static str>,
    /// From 100 to 1,000.
    pub(super) is_of_hundreds: bool,
    pub(super) has_trial: bool,
    pub(super) rated_four: bool,
    sort: Option<&'static str>,
}

impl Chosen {
    fn of(dice: &mut Dice, is_browsing: bool) -> Self {
        Self {
            category: (is_browsing || dice.below(3) == 0).then(|| *dice.common(&CATEGORIES)),
            kind: (dice.below(6) == 0).then(|| *dice.common(&TYPES)),
            mode: (dice.below(6) == 0).then_some("period"),
            system: (dice.below(12) == 0).then(|| *dice.common(&SYSTEMS)),
            mark: (dice.below(20) == 0).then(|| *dice.common(&MARKS)),
            is_of_hundreds: dice.below(5) == 0,
            has_trial: dice.below(15) == 0,
            rated_four: dice.below(10) == 0,
            sort: (dice.below(10) == 0).then_some("newest"),
        }
    }

    /// The rest of the address.
    pub(super) fn address(&self) -> String {
        let Self { category, kind, mode, system, mark, is_of_hundreds, has_trial, rated_four, sort } = self;
        let parts = [
            ("category", *category),
            ("type", *kind),
            ("mode", *mode),
            ("environment", *system),
            ("certification", *mark),
            ("price", is_of_hundreds.then_some("100-1000")),
            ("trial", has_trial.then_some("true")),
            ("rating", rated_four.then_some("4")),
            ("sort", *sort),
        ];
        parts.iter().filter_map(|(name, value)| Some(format!("&{name}={}", (*value)?))).collect()
    }
}

/// The questions of a busy day: two words most often, one word, a brand, Chinese, its pinyin, a slip of the finger, both
/// languages, nothing but a filter.
pub(super) fn question(number: u64, products: u64) -> Question {
    let dice = &mut Dice::new(number.wrapping_mul(7_919) + 17);
    let (subject, kind, quality) = (*dice.common(&SUBJECTS), *dice.common(&KINDS), *dice.common(&TRAITS));
    let slip = format!("{}{}", &subject.0[..2], &subject.0[3..]);
    let words: Vec<&str> = match dice.below(20) {
        0..5 => vec![subject.0, kind.0],
        5 => vec![&slip, kind.0],
        6..8 => vec![subject.0],
        8..11 => vec![subject.1, kind.1],
        11 => vec![*dice.of(&SOUNDS)],
        12..14 => vec![quality.1, subject.1],
        14..16 => vec![subject.0, kind.1],
        16..19 => vec![],
        _ => vec![quality.0, subject.0, kind.0],
    };
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    let is_browsing = words.is_empty() && dice.below(3) == 0;
    if words.is_empty() && !is_browsing {
        let (brand, _) = Dice::new(dice.below(products) + 1).brand();
        words.push(brand.to_lowercase());
    }
    Question { words, chosen: Chosen::of(dice, is_browsing) }
}
