use super::*;

#[test]
fn the_region_stands_in_the_registrys_host() {
    assert_eq!(region_of("123456789012.dkr.ecr.eu-west-1.amazonaws.com"), Some("eu-west-1"));
    assert_eq!(region_of("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com"), Some("us-gov-west-1"));
    assert_eq!(region_of("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"), Some("cn-north-1"));
    assert_eq!(region_of("public.ecr.aws"), None);
    assert_eq!(region_of("1.dkr.ecr.eu-west-1.evil.example"), None);
}

#[test]
fn the_service_is_asked_in_the_same_region_and_country() {
    let endpoint = |host: &str| endpoint_of(region_of(host).unwrap(), host);
    let usual = endpoint("1.dkr.ecr.eu-west-1.amazonaws.com");
    assert_eq!(usual, "https://api.ecr.eu-west-1.amazonaws.com/");
    let fips = endpoint("1.dkr.ecr-fips.us-east-1.amazonaws.com");
    assert_eq!(fips, "https://ecr-fips.us-east-1.amazonaws.com/");
    let china = endpoint("1.dkr.ecr.cn-north-1.amazonaws.com.cn");
    assert_eq!(china, "https://api.ecr.cn-north-1.amazonaws.com.cn/");
}
