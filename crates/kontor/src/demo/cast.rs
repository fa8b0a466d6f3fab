//! Who buys in the demo, and who knocks at the operator's door.

/// A buyer as it opens its account.
pub(super) struct Customer<'c> {
    pub(super) name: &'c str,
    pub(super) kind: &'c str,
    pub(super) country: &'c str,
    /// Who acts for it.
    pub(super) person: &'c str,
    pub(super) domain: &'c str,
    /// How many people work there, which decides what it buys.
    pub(super) size: u64,
}

const fn company(name: &'static str, person: &'static str, domain: &'static str, size: u64) -> Customer<'static> {
    Customer { name, kind: "enterprise", country: "CN", person, domain, size }
}

const fn abroad(
    name: &'static str,
    country: &'static str,
    person: &'static str,
    domain: &'static str,
    size: u64,
) -> Customer<'static> {
    Customer { name, kind: "enterprise", country, person, domain, size }
}

const fn one(name: &'static str, domain: &'static str) -> Customer<'static> {
    Customer { name, kind: "personal", country: "CN", person: name, domain, size: 3 }
}

/// The first three have logins that the demo prints.
pub(super) const CUSTOMERS: &[Customer<'static>] = &[
    company("Luoyuan Retail 洛原零售", "Chen Siqi", "luoyuan", 160),
    one("Wei Minghao", "weiminghao"),
    abroad("Harbour Clinic Group Ltd.", "GB", "Eleanor Marsh", "harbour-clinic", 90),
    company("Songhe Steelworks 松河特钢", "Liang Bo", "songhe-steel", 420),
    company("Jiuzhang Travel 九章旅行", "Fang Yiting", "jiuzhang-travel", 75),
    company("Yunlan Cosmetics 云岚日化", "Su Qing", "yunlan", 130),
    one("Tang Xue", "tangxue"),
    company("Beichen Kindergartens 北辰幼教", "Pan Lihua", "beichen-kids", 60),
    company("Dongting Rice 洞庭米业", "Xiong Wei", "dongting-rice", 110),
    abroad("Nordlys Shipping AS", "NO", "Henrik Dale", "nordlys", 85),
    company("Hailing Seafood 海凌水产", "Yu Chengfeng", "hailing", 45),
    company("Zhuque Furniture 朱雀家居", "Lei Jing", "zhuque-home", 95),
    company("Lantian Logistics 岚天物流", "Sun Peng", "lantian", 260),
    company("Mingde Law 明德律所", "Jiang Wen", "mingde-law", 38),
    one("Guo Jiayi", "guojiayi"),
    company("Qiaomu Architects 乔木建筑", "Ye Qingrong", "qiaomu", 52),
    company("Changfeng Bearings 长风轴承", "Ma Jianguo", "changfeng", 310),
    abroad("Tessel Data B.V.", "NL", "Marit de Vries", "tessel", 28),
    company("Tianhe Pharmacy 天禾药房", "Shi Yun", "tianhe", 180),
    company("Anping Water 安平水务", "Hou Zhiyuan", "anping-water", 140),
    one("Luo Zihan", "luozihan"),
    company("Shanlan Hotels 山岚酒店", "Deng Lu", "shanlan", 220),
    company("Xinglu Games 星路游戏", "Hu Tianyu", "xinglu", 66),
    company("Kaiyuan Textiles 开元纺织", "Zheng Meiling", "kaiyuan", 240),
    company("Fuxi Bakery 福熙烘焙", "Lin Hong", "fuxi", 34),
    abroad("Calder Valley Schools Trust", "GB", "Owen Brearley", "calder-schools", 150),
    company("Ruihe Insurance Brokers 瑞禾保险经纪", "Bai Ning", "ruihe", 88),
    company("Huaxu Solar 华煦光伏", "Kong Deming", "huaxu", 190),
    one("Zhou Yifan", "zhouyifan"),
    company("Wanli Tyres 万里轮胎服务", "Geng Tao", "wanli", 70),
    company("Juyan Media 居言传媒", "Xie Anqi", "juyan", 48),
    company("Pinghu Port 平湖港务", "Qian Haiming", "pinghu-port", 330),
    company("Zhenyuan Tea 臻源茶业", "Mei Fang", "zhenyuan", 26),
    abroad("Kestrel Analytics Pte. Ltd.", "SG", "Priya Raman", "kestrel", 31),
    company("Boyan Hospital 博延医院", "Cui Lan", "boyan", 410),
    company("Senlan Timber 森澜木业", "Duan Qiang", "senlan", 57),
    one("He Ruoxi", "heruoxi"),
    company("Tongji Express 同济速运", "Niu Lei", "tongji-express", 270),
    company("Lingyun Elevators 凌云电梯", "Yao Guoqing", "lingyun", 120),
    company("Yihai Advertising 忆海广告", "Gong Xin", "yihai", 23),
    company("Heyi Cooperative Bank 和益合作银行", "Ren Zhengping", "heyi-bank", 380),
    company("Qinghe Publishing 清河出版", "Mo Yan", "qinghe", 64),
];

/// How many of them the small demo has.
pub(super) const FEW: usize = 5;

/// Companies whose papers wait with the operator today.
pub(super) const KNOCKING: &[Customer<'static>] = &[
    company("Yulan Software 玉澜软件", "Wen Shuang", "yulan-soft", 40),
    company("Dawn Harbour Systems 晨港系统", "Ruan Jie", "dawn-harbour", 55),
    company("Maple Street Robotics 枫街机器人", "Yan Kai", "maple-robotics", 62),
    one("Cheng Yao", "chengyao"),
    company("Orchard Lane Interiors 果巷软装", "Tao Yimeng", "orchard-lane", 19),
];
