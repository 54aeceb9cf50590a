"""Words of the sample organization. All of them are invented."""

from __future__ import annotations

from attrs import frozen

DOMAIN = "lumenworks.example"
ORGANIZATION = "Lumenworks"

GIVEN_NAMES = tuple(
    """Aaliyah Abebe Adaeze Agnieszka Ahmed Aiko Ailbhe Alejandra Amara Amir Ana Anders Anjali Antoine Aroha Arjun
    Astrid Ayşe Beatriz Bilal Birgit Camila Carlos Chiara Chidi Chloé Cosmin Dalia Daniela Darius Deepa Dmitri Ebba
    Elif Emeka Emre Esperanza Fatima Felix Femi Gabriela Grace Giulia Hanna Haruki Hassan Hiroshi Hye-jin Ibrahim
    Imani Ingrid Isabel Ivana Jamal Jasmine João Jonas José Kamala Karim Kateryna Keiko Kwame Lakshmi Lars Leila
    Linh Lucía Magnus Mai Malik Marek Mariam Mateus Mei Mihai Mohammed Nadia Naledi Ngozi Niamh Nikhil Nour Olga
    Oluwaseun Omar Paolo Petra Priya Rahel Rafael Rania Ravi Rosa Ruth Saoirse Seung-ho Sione Sofia Søren Tadeusz
    Tama Thandiwe Thomas Tomoko Valentina Wei Wiremu Yara Yusuf Zainab Zoë""".split()  # noqa: SIM905 - quoting a hundred names would not make them clearer
)

FAMILY_NAMES = tuple(
    """Abara Adeyemi Ahmadi Ahn Akhtar Albrecht Almeida Andersson Aoki Bakker Banerjee Baptiste Barros Begum Bello
    Bergström Bianchi Boateng Botha Bouchard Brennan Campos Cardoso Castellanos Chaudhry Chen Chukwu Cohen Costa Dang
    Demir Desai Diallo Dlamini Dubois Eriksen Fernández Ferrari Fischer Fofana García Ghebremedhin Gonçalves Gupta Haddad
    Hansen Hernández Hoang Horvat Ibrahimović Ito Jansen Jiménez Kamau Kaplan Katz Kaur Kim Kovács Kowalczyk Kruger
    Laurent Lehtonen Lim López MacDonald Mahlangu Malhotra Mbeki McCarthy Mendoza Moreau Morales Mwangi Nakamura Ndiaye
    Nguyen Novák Nowak Nyambura O'Brien Ochieng Okafor Oliveira Osei Papadopoulos Park Patel Pereira Petrov Popescu
    Quispe Rahman Rangihuna Reyes Rossi Sato Schneider Sharma Silva Singh Sørensen Sousa Suzuki Tanaka Tesfaye Thapa
    Toth Tshabalala Vargas Virtanen Wang Weber Williams Yamamoto Yıldız Zhang Zulu""".split()  # noqa: SIM905 - quoting a hundred names would not make them clearer
)


@frozen
class Department:
    """A department with its division, cost center, job titles, and applications."""

    name: str
    division: str
    cost_center: str
    titles: tuple[str, ...]
    applications: tuple[str, ...] = ()


DEPARTMENTS = (
    Department("Engineering", "Product", "4100", ("Software Engineer", "Senior Software Engineer", "Staff Engineer"), ("GitHub", "Sentry")),
    Department("Customer Support", "Customers", "5200", ("Support Specialist", "Senior Support Specialist", "Support Analyst"), ("Zendesk",)),
    Department("Sales", "Customers", "5100", ("Account Executive", "Sales Development Representative", "Solutions Consultant"), ("Salesforce", "Gong")),
    Department("IT", "Operations", "6100", ("Systems Administrator", "Service Desk Analyst", "Network Engineer"), ("Jira Service Management", "Jamf Pro")),
    Department("Operations", "Operations", "6200", ("Operations Coordinator", "Logistics Planner", "Process Analyst"), ("SAP",)),
    Department("Finance", "Corporate", "7100", ("Accountant", "Financial Analyst", "Payroll Specialist"), ("NetSuite", "Expensify")),
    Department("People & Culture", "Corporate", "7200", ("HR Business Partner", "Recruiter", "Learning Specialist"), ("Workday",)),
    Department("Marketing", "Customers", "5300", ("Content Strategist", "Campaign Manager", "Brand Designer"), ("HubSpot", "Figma")),
    Department("Product Management", "Product", "4200", ("Product Manager", "Product Analyst", "Technical Writer"), ("Productboard",)),
    Department("Security", "Operations", "6300", ("Security Engineer", "Security Analyst", "Identity Engineer"), ("Splunk",)),
    Department("Legal", "Corporate", "7300", ("Counsel", "Contracts Manager", "Privacy Specialist"), ("DocuSign",)),
    Department("Research", "Product", "4300", ("Research Scientist", "Data Scientist", "Lab Technician"), ("Databricks",)),
)  # fmt: skip


@frozen
class Site:
    """An office."""

    city: str
    state: str
    country: str
    zip_code: str
    street: str
    timezone: str
    language: str
    phone: str


SITES = (
    Site("Austin", "TX", "US", "78701", "Congress Avenue", "America/Chicago", "en-US", "+1-512-555-01"),
    Site("Toronto", "ON", "CA", "M5V 2T6", "King Street West", "America/Toronto", "en-CA", "+1-416-555-01"),
    Site(
        "São Paulo",
        "SP",
        "BR",
        "01310-100",
        "Avenida Paulista",
        "America/Sao_Paulo",
        "pt-BR",
        "+55-11-5550-01",
    ),
    Site("Dublin", "", "IE", "D02 X285", "Baggot Street", "Europe/Dublin", "en-IE", "+353-1-555-01"),
    Site("Berlin", "BE", "DE", "10115", "Chausseestraße", "Europe/Berlin", "de-DE", "+49-30-5550-01"),
    Site("Lagos", "LA", "NG", "101241", "Adeola Odeku Street", "Africa/Lagos", "en-NG", "+234-1-555-01"),
    Site("Bengaluru", "KA", "IN", "560001", "Residency Road", "Asia/Kolkata", "en-IN", "+91-80-5550-01"),
    Site("Osaka", "27", "JP", "530-0001", "Umeda", "Asia/Tokyo", "ja-JP", "+81-6-5550-01"),
    Site("Wellington", "WGN", "NZ", "6011", "Lambton Quay", "Pacific/Auckland", "en-NZ", "+64-4-555-01"),
)

#: Label, catalog key, and sign-on mode of the applications that everyone has.
SHARED_APPLICATIONS = (
    ("Slack", "slack", "SAML_2_0"),
    ("Google Workspace", "google", "SAML_2_0"),
    ("Zoom", "zoomus", "SAML_2_0"),
    ("Confluence", "atlassian", "SAML_2_0"),
)
CONSOLES = (
    ("Okta Admin Console", "saasure", "OPENID_CONNECT"),
    ("Okta Dashboard", "okta_enduser", "OPENID_CONNECT"),
    ("Okta Browser Plugin", "okta_browser_plugin", "OPENID_CONNECT"),
)

#: Platform, manufacturer, model, and system version of devices.
LAPTOPS = (
    ("MACOS", "Apple", "MacBookPro18,3", "15.6.1"),
    ("MACOS", "Apple", "Mac14,2", "14.7.8"),
    ("WINDOWS", "Lenovo", "ThinkPad X1 Carbon Gen 12", "10.0.26100"),
    ("WINDOWS", "Dell Inc.", "Latitude 7450", "10.0.22631"),
)
PHONES = (
    ("IOS", "Apple", "iPhone15,4", "18.6"),
    ("ANDROID", "Google", "Pixel 8", "15"),
    ("ANDROID", "Samsung", "SM-S921B", "14"),
)
