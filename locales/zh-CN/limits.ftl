# How much may be bought: limits for each account and stock.
done-limits-saved = 已保存，对新订单生效
limits-account = 限购
limits-account-text = 未付款、已退订和已到期的不计入。按使用量付费的规格不适用。
limits-lead = 设置每个账号的购买上限和剩余库存。
limits-max = 每个账号最多可拥有
limits-not-yet = 商品上架后才能设置限购和库存。
limits-of = 计数方式
limits-of-purchases = 购买次数
limits-single = 单次购买：现有资源到期前不能再次购买
limits-stock = 库存
limits-stock-hint = 剩余可售数量，留空表示不限。下单时扣减，取消或退订后归还。
limits-title = 限购与库存
