//! Agents as browsers, apps and bots sent them in 2024 to 2026, each with the expected device.

use super::Device;
use super::DeviceType::{self, *};

/// Kind, browser and its version, operating system and its version, name of the machine, agent. "" stands for None.
pub(super) type Case =
    (DeviceType, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

#[test]
fn every_agent_gives_the_expected_device() {
    let failures: Vec<String> = AGENTS.iter().filter_map(mismatch).collect();
    assert!(AGENTS.len() >= 60);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn mismatch(&(kind, browser, version, os, os_version, name, agent): &Case) -> Option<String> {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let want = Device {
        kind,
        name: given(name),
        browser: given(browser),
        browser_version: given(version),
        os: given(os),
        os_version: given(os_version),
    };
    let got = Device::parse(Some(agent));
    (got != want).then(|| format!("{agent}\n   got {got:?}\n  want {want:?}"))
}

#[rustfmt::skip]
pub(super) const AGENTS: &[Case] = &[
    // Browsers on computers.
    (Desktop, "Chrome", "140", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
    (Desktop, "Chrome", "140", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
    (Desktop, "Chrome", "139", "Linux", "", "Linux PC", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"),
    (Desktop, "Chrome", "140", "ChromeOS", "", "Chromebook", "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
    (Desktop, "Chrome", "109", "Windows", "7", "Windows PC", "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"),
    (Desktop, "Chrome", "109", "Windows", "8.1", "Windows PC", "Mozilla/5.0 (Windows NT 6.3; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36"),
    (Desktop, "Edge", "140", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"),
    (Desktop, "Edge", "131", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"),
    (Desktop, "Firefox", "143", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    (Desktop, "Firefox", "143", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0"),
    (Desktop, "Firefox", "115", "macOS", "10.14", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.14; rv:115.0) Gecko/20100101 Firefox/115.0"),
    (Desktop, "Firefox", "128", "Linux", "", "Linux PC", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (Desktop, "Firefox", "137", "FreeBSD", "", "FreeBSD PC", "Mozilla/5.0 (X11; FreeBSD amd64; rv:137.0) Gecko/20100101 Firefox/137.0"),
    (Desktop, "Safari", "18", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15"),
    (Desktop, "Safari", "26", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"),
    (Desktop, "", "", "Linux", "", "Linux PC", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"),
    (Desktop, "Opera", "121", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36 OPR/121.0.0.0"),
    (Desktop, "Vivaldi", "7", "Linux", "", "Linux PC", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Safari/537.36 Vivaldi/7.3.3635.7"),
    (Desktop, "Yandex Browser", "25", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 YaBrowser/25.4.0.0 Safari/537.36"),
    (Desktop, "DuckDuckGo", "18", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15 Ddg/18.5"),
    (Desktop, "Whale", "4", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.0.0 Whale/4.31.304.16 Safari/537.36"),
    (Desktop, "Internet Explorer", "11", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko"),
    (Desktop, "Internet Explorer", "9", "Windows", "7", "Windows PC", "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; WOW64; Trident/5.0)"),
    // Brave and Arc send the agent of Chrome.
    (Desktop, "Chrome", "138", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"),

    // Electron apps.
    (Desktop, "Slack", "4", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.41.30 Chrome/128.0.6613.186 Electron/32.2.7 Safari/537.36"),
    (Desktop, "Slack", "4", "macOS", "15", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_6_0) AppleWebKit/537.36 (KHTML, like Gecko) Slack/4.48.102 Chrome/144.0.7559.236 Electron/40.8.2 Safari/537.36"),
    (Desktop, "Code", "1", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Code/1.99.3 Chrome/132.0.6834.210 Electron/34.3.2 Safari/537.36"),
    (Desktop, "discord", "1", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) discord/1.0.9188 Chrome/130.0.6723.191 Electron/33.4.0 Safari/537.36"),
    (Desktop, "Electron", "31", "Linux", "", "Linux PC", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.183 Electron/31.3.1 Safari/537.36"),

    // Phones and tablets of Apple.
    (Mobile, "Safari", "18", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1"),
    (Mobile, "Safari", "26", "iOS", "26", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1"),
    (Mobile, "Safari", "17", "iOS", "17", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"),
    (Mobile, "Chrome", "140", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0.7339.101 Mobile/15E148 Safari/604.1"),
    (Mobile, "Firefox", "142", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/142.0 Mobile/15E148 Safari/605.1.15"),
    (Mobile, "Edge", "138", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 EdgiOS/138.0.3351.77 Mobile/15E148 Safari/604.1"),
    (Mobile, "Edge", "120", "iOS", "17", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 EdgiOS/120.0.2210.150 Mobile/15E148 Safari/604.1"),
    (Mobile, "Opera", "5", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1 OPT/5.5.0"),
    (Mobile, "DuckDuckGo", "18", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1 Ddg/18.5"),
    (Tablet, "Safari", "18", "iPadOS", "18", "iPad", "Mozilla/5.0 (iPad; CPU OS 18_3_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3.1 Mobile/15E148 Safari/604.1"),
    (Tablet, "Chrome", "136", "iPadOS", "18", "iPad", "Mozilla/5.0 (iPad; CPU OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/136.0.7103.56 Mobile/15E148 Safari/604.1"),
    (Tablet, "Chrome", "136", "iPadOS", "", "iPad", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/136 Version/11.1.1 Safari/605.1.15"),
    (Tablet, "Firefox", "142", "iPadOS", "", "iPad", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/142.0 Safari/605.1.15"),

    // Other phones and tablets.
    (Mobile, "Chrome", "140", "Android", "", "Android phone", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"),
    (Tablet, "Chrome", "138", "Android", "", "Android tablet", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"),
    (Mobile, "Chrome", "126", "Android", "14", "Android phone", "Mozilla/5.0 (Linux; Android 14; Pixel 8 Pro) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.6478.122 Mobile Safari/537.36"),
    (Mobile, "Chrome", "124", "Android", "10", "Android phone", "Mozilla/5.0 (Linux; Android 10; CUBOT X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.6367.82 Mobile Safari/537.36"),
    (Mobile, "Samsung Internet", "28", "Android", "", "Android phone", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"),
    (Tablet, "Samsung Internet", "26", "Android", "", "Android tablet", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Safari/537.36"),
    (Mobile, "Firefox", "143", "Android", "15", "Android phone", "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0"),
    (Tablet, "Firefox", "128", "Android", "13", "Android tablet", "Mozilla/5.0 (Android 13; Tablet; rv:128.0) Gecko/128.0 Firefox/128.0"),
    (Mobile, "Edge", "139", "Android", "", "Android phone", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36 EdgA/139.0.0.0"),
    (Mobile, "Opera", "89", "Android", "", "Android phone", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/135.0.0.0 Mobile Safari/537.36 OPR/89.0.0.0"),
    (Mobile, "DuckDuckGo", "5", "Android", "", "Android phone", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/133.0.0.0 Mobile DuckDuckGo/5 Safari/537.36"),
    (Mobile, "Mi Browser", "14", "Android", "14", "Android phone", "Mozilla/5.0 (Linux; U; Android 14; en-us; 23127PN0CG Build/UKQ1.230804.001) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/119.0.6045.193 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.22.0-gn"),
    (Mobile, "Huawei Browser", "5", "HarmonyOS", "5", "HarmonyOS phone", "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile HuaweiBrowser/5.1.9.301"),
    (Tablet, "Huawei Browser", "6", "HarmonyOS", "6", "HarmonyOS tablet", "Mozilla/5.0 (Tablet; OpenHarmony 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36ArkWeb/6.1.0.120 HuaweiBrowser/6.1.6.310"),
    (Mobile, "Huawei Browser", "", "HarmonyOS", "5", "HarmonyOS phone", "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile"),
    (Mobile, "Huawei Browser", "15", "HarmonyOS", "", "HarmonyOS phone", "Mozilla/5.0 (Linux; Android 12; HarmonyOS; NOH-AN00; HMSCore 6.14.0.302) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36"),
    (Mobile, "Firefox", "48", "KaiOS", "2", "KaiOS phone", "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5"),
    (Tablet, "Silk", "126", "Android", "11", "Android tablet", "Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/126.4.1 like Chrome/126.0.6478.188 Safari/537.36"),
    (Mobile, "Opera", "13", "iOS", "11", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 11_0 like Mac OS X) AppleWebKit/602.1.50 (KHTML, like Gecko) OPiOS/13.0.1.100754 Mobile/15A372 Safari/9537.53"),
    (Mobile, "Yandex Browser", "25", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 YaBrowser/25.4.5.376.10 Mobile/15E148 Safari/604.1"),
    (Mobile, "Internet Explorer", "11", "Windows Phone", "8", "Windows Phone", "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537"),
    (Mobile, "", "", "BlackBerry 10", "", "BlackBerry", "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.35+ (KHTML, like Gecko) Version/10.3.3.3216 Mobile Safari/537.35+"),

    // Web views have the name of their browser.
    (Mobile, "Chrome", "139", "Android", "15", "Android phone", "Mozilla/5.0 (Linux; Android 15; SM-S928B Build/AP3A.240905.015.A2; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/139.0.7258.143 Mobile Safari/537.36"),
    (Mobile, "Chrome", "137", "Android", "14", "Android phone", "Mozilla/5.0 (Linux; Android 14; SM-A546B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/137.0.7151.115 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/519.0.0.50.90;IABMV/1;]"),
    (Mobile, "Chrome", "136", "Android", "13", "Android phone", "Mozilla/5.0 (Linux; Android 13; SM-G991B Build/TP1A.220624.014; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/136.0.7103.125 Mobile Safari/537.36 Instagram 382.0.0.49.84 Android (33/13; 480dpi; 1080x2176; samsung; SM-G991B; o1s; exynos2100; en_GB; 738761022)"),
    (Mobile, "Chrome", "141", "Android", "14", "Android phone", "Mozilla/5.0 (Linux; Android 14; PJD110 Build/UKQ1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49.2600(0x2800313D) WeChat/arm64"),
    (Mobile, "Chrome", "134", "Android", "14", "Android phone", "Mozilla/5.0 (Linux; Android 14; Pixel 7 Build/AP2A.240805.005) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0.6998.135 Mobile Safari/537.36 GSA/16.11.32.29.arm64"),
    (Mobile, "Safari", "", "iOS", "18", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22F76 [FBAN/FBIOS;FBAV/519.0.0.36.98;FBBV/738;FBDV/iPhone15,3;FBMD/iPhone;FBSN/iOS;FBSV/18.5;FBSS/3;FBCR/;FBID/phone;FBLC/en_US;FBOP/80]"),
    (Mobile, "Safari", "", "iOS", "26", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/23A341 Instagram 400.0.0.23.70 (iPhone16,2; iOS 26_0; en_US; en; scale=3.00; 1290x2796; IABMV/1)"),
    (Mobile, "Safari", "", "iOS", "17", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/373.0.766193063 Mobile/15E148 Safari/604.1"),
    (Mobile, "Safari", "", "iOS", "", "iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"),
    (Desktop, "Safari", "", "macOS", "", "Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"),

    // Apps without a browser.
    (Mobile, "okhttp", "4", "Android", "", "Android device", "okhttp/4.12.0"),
    (Mobile, "MyApp", "3", "Android", "", "Android device", "MyApp/3.4.1 okhttp/4.12.0"),
    (Mobile, "Dalvik", "2", "Android", "14", "Android device", "Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UD1A.230803.041)"),
    (Mobile, "MyApp", "12", "iOS", "18", "iPhone or iPad", "MyApp/12 CFNetwork/3826.500.131 Darwin/24.5.0"),
    (Mobile, "MyApp", "12", "iOS", "26", "iPhone or iPad", "MyApp/12 CFNetwork/3860.100.1 Darwin/25.0.0"),
    (Desktop, "MyApp", "7", "macOS", "14", "Mac", "MyApp/7 CFNetwork/1498.700.2 Darwin/23.6.0 (x86_64)"),
    (Desktop, "MyApp", "7", "macOS", "", "Mac", "MyApp/7 CFNetwork/1128.0.1 Darwin/19.6.0 (x86_64)"),
    (Desktop, "MyApp", "7", "macOS", "11", "Mac", "MyApp/7 CFNetwork/1220.1 Darwin/20.1.0 (x86_64)"),
    (Desktop, "MyApp", "7", "macOS", "15", "Mac", "MyApp/7 CFNetwork/3826.500.131 Darwin/24.5.0 (x86_64)"),
    (Desktop, "MyApp", "7", "macOS", "26", "Mac", "MyApp/7 CFNetwork/3860.100.1 Darwin/25.0.0 (x86_64)"),
    (Mobile, "MyApp", "12", "iOS", "", "iPhone or iPad", "MyApp/12 CFNetwork/672.1.15 Darwin/13.0.0"),
    (Mobile, "MyApp", "12", "iOS", "8", "iPhone or iPad", "MyApp/12 CFNetwork/711.3.18 Darwin/14.0.0"),
    (Mobile, "MyApp", "1", "iOS", "17", "iPhone or iPad", "MyApp/1.0 (com.example.MyApp; build:1; iOS 17.5.0) Alamofire/5.9.1"),
    (Tablet, "MyApp", "2", "iPadOS", "18", "iPad", "MyApp/2.3 (iPad; iPadOS 18.1; Scale/2.00)"),
    (Mobile, "Xbox", "2409", "iOS", "17", "iPhone or iPad", "Xbox/2409.1 CFNetwork/1496.0.7 Darwin/23.5.0"),
    (Mobile, "Instagram", "", "Android", "", "Android device", "Instagram 361.0.0.46.88 Android (34/14; 420dpi; 1080x2205; Google/google; Pixel 8; shiba; shiba; en_US; 674675155)"),

    // Tools.
    (Cli, "curl", "8", "", "", "", "curl/8.7.1"),
    (Cli, "Homebrew", "4", "macOS", "14", "Mac", "Homebrew/4.3.9 (Macintosh; arm64 Mac OS X 14.5) curl/8.6.0"),
    (Cli, "wget", "1", "", "", "", "Wget/1.24.5"),
    (Cli, "HTTPie", "3", "", "", "", "HTTPie/3.2.4"),
    (Cli, "python-requests", "2", "", "", "", "python-requests/2.32.3"),
    (Cli, "python-urllib", "3", "", "", "", "Python-urllib/3.12"),
    (Cli, "httpx", "0", "", "", "", "python-httpx/0.28.1"),
    (Cli, "aiohttp", "3", "", "", "", "Python/3.12 aiohttp/3.11.18"),
    (Cli, "Go-http-client", "2", "", "", "", "Go-http-client/2.0"),
    (Cli, "Node.js", "", "", "", "", "node"),
    (Cli, "undici", "", "", "", "", "undici"),
    (Cli, "axios", "1", "", "", "", "axios/1.9.0"),
    (Cli, "Deno", "2", "", "", "", "Deno/2.2.11"),
    (Cli, "Dart", "3", "", "", "", "Dart/3.8 (dart:io)"),
    (Cli, "Postman", "7", "", "", "", "PostmanRuntime/7.43.4"),
    (Cli, "Java", "21", "", "", "", "Java-http-client/21.0.7"),
    (Cli, "Java", "17", "", "", "", "Java/17.0.15"),
    (Cli, "Apache-HttpClient", "4", "", "", "", "Apache-HttpClient/4.5.14 (Java/17.0.15)"),
    (Cli, "libwww-perl", "6", "", "", "", "libwww-perl/6.77"),
    (Cli, "Ruby", "", "", "", "", "Ruby"),
    (Cli, "rest-client", "2", "", "", "", "rest-client/2.1.0 (linux x86_64) ruby/3.3.4p94"),
    (Cli, "WordPress", "6", "", "", "", "WordPress/6.8.1; https://blog.example"),
    (Cli, "PowerShell", "7", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10.0.22631; en-US) PowerShell/7.5.1"),

    // Bots. The machine in their agent is ignored, because it is made up.
    (Bot, "Googlebot", "2", "", "", "", "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.7339.80 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    (Bot, "bingbot", "2", "", "", "", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36"),
    (Bot, "GPTBot", "1", "", "", "", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
    (Bot, "ChatGPT-User", "1", "", "", "", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot"),
    (Bot, "ClaudeBot", "1", "", "", "", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"),
    (Bot, "CCBot", "2", "", "", "", "CCBot/2.0 (https://commoncrawl.org/faq/)"),
    (Bot, "facebookexternalhit", "1", "", "", "", "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    (Bot, "Applebot", "0", "", "", "", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"),
    (Bot, "AhrefsBot", "7", "", "", "", "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    (Bot, "SemrushBot", "7", "", "", "", "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"),
    (Bot, "UptimeRobot", "2", "", "", "", "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
    (Bot, "Bytespider", "", "", "", "", "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)"),
    (Bot, "msnbot-media", "1", "", "", "", "msnbot-media/1.1 (+http://search.msn.com/msnbot.htm)"),
    (Bot, "AdsBot-Google", "", "", "", "", "AdsBot-Google (+http://www.google.com/adsbot.html)"),
    (Bot, "Finder", "1", "", "", "", "Finder/1.1 (+https://finder.example/bot.html)"),
    (Bot, "acme-bot-probe", "1", "", "", "", "acme-bot-probe/1.0"),
    (Bot, "Headless Chrome", "139", "", "", "", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/139.0.0.0 Safari/537.36"),
    (Bot, "ELB-HealthChecker", "2", "", "", "", "ELB-HealthChecker/2.0"),
    (Bot, "my-crawler", "0", "", "", "", "my-crawler/0.3"),
    (Bot, "FooFetcher", "1", "", "", "", "Mozilla/5.0 (compatible; FooFetcher/1.4; +https://foo.example/about)"),
    (Bot, "Acme", "", "", "", "", "Acme Crawler 2.0"),

    // Televisions and consoles are not in the tables. They get the name of a system that they are compatible with, or none.
    (Desktop, "Samsung Internet", "2", "Linux", "", "Linux PC", "Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/63.0.3239.84 TV Safari/537.36"),
    (Desktop, "Edge", "110", "Windows", "", "Windows PC", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36 Edg/110.0.1587.63"),
    (Unknown, "Mozilla", "5", "", "", "", "Mozilla/5.0 (PlayStation; PlayStation 5/7.00) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.0 Safari/605.1.15"),
    (Unknown, "Roku", "", "", "", "", "Roku/DVP-14.0 (14.0.0.4500-AE)"),

    // Unknown programs get the name of their first product.
    (Unknown, "MyApp", "1", "", "", "", "MyApp/1.2 (internal; build 7)"),
    (Desktop, "MyApp", "1", "Windows", "", "Windows PC", "MyApp/1.2 (Windows NT 10.0; Win64; x64)"),
    (Unknown, "Mozilla", "5", "", "", "", "Mozilla/5.0"),
    (Unknown, "WhatsApp", "2", "", "", "", "WhatsApp/2.24.20.89 A"),
];
