# 消息与接收设置。
messages-title = 消息
messages-unread =
    { $count ->
        [0] 没有未读消息。
       *[other] { $count } 条未读消息。
    }
messages-read-all = 全部标为已读
messages-read = 标为已读
messages-new = （未读）
messages-only-unread = 仅看未读
messages-all = 全部消息
messages-none = 还没有消息
messages-none-text = 订单、钱包和账号的动态会显示在这里，也可选择通过邮件接收。
messages-none-here = 没有符合的消息
messages-none-here-text = 当前筛选条件下没有消息。
messages-settings = 消息设置
messages-settings-lead = 消息都会进入收件箱，还可选择哪些同时通过邮件或短信接收。
messages-by-mail = 邮件
messages-by-sms = 短信
messages-sms-note = 接收短信须填写手机号。
messages-sms-where = 填写或修改

messages-topic = 主题
messages-topic-any = 全部主题
messages-topic-verification = 实名认证
messages-topic-seller = 商家
messages-topic-product = 商品
messages-topic-order = 订单
messages-topic-wallet = 钱包
messages-topic-delivery = 交付
messages-topic-licence = 授权码
messages-topic-refund = 退款
messages-topic-security = 安全
messages-topic-operations = 站点运营
messages-about-verification = 受理、通过与驳回
messages-about-seller = 入驻申请与商家信息变更
messages-about-product = 商品审核与上下架
messages-about-order = 下单、支付与取消
messages-about-wallet = 充值到账与未到账
messages-about-delivery = 交付完成与交付失败
messages-about-licence = 激活与授权到期
messages-about-refund = 退款到账
messages-about-security = 登录、密码与两步验证
messages-about-operations = 站点运行情况
