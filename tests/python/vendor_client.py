"""Drives a console through the whole user API of vm-console-client.

That client was generated from the vendor's API file, so it knows nothing of this project. The
console is one with the users of `State::realistic()`, in the vendor's form. Address, CA file and
credentials come from the environment. One line of JSON a step goes to stdout, and at the end one
that tells which methods of the client were carried out and which were not.
"""

import inspect
import json
import logging
import os
import sys

import rapid7vmconsole
import urllib3
from rapid7vmconsole.configuration import Configuration
from rapid7vmconsole.rest import ApiException

# urllib3 2.6 took away what the client reads headers with, also when it reports an error.
if not hasattr(urllib3.HTTPResponse, "getheaders"):
    urllib3.HTTPResponse.getheaders = lambda self: self.headers

# urllib3 warns of each attempt at a console that is not trusted, which is a step here.
logging.disable(logging.WARNING)

URL = os.environ["CONSOLE_URL"]
CA_FILE = os.environ["CONSOLE_CA_FILE"]
LOGIN = os.environ["CONSOLE_USERNAME"]
PASSWORD = os.environ["CONSOLE_PASSWORD"]

# What the console has beyond the API file, as newer ones do; the client skips it.
BEYOND = {"costCenter", "notificationPreferences", "grantedBy", "contractEnd"}

NOT_THERE = 999


def equal(actual, expected, what):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r} instead of {expected!r}")


def public_methods(api, named=""):
    """The `_with_http_info` twins are what the plain methods call."""
    return {
        name
        for name, _ in inspect.getmembers(api, inspect.isfunction)
        if not name.startswith("_") and not name.endswith("_with_http_info") and named in name
    }


METHODS = {
    "UserApi": public_methods(rapid7vmconsole.UserApi),
    "SiteApi": public_methods(rapid7vmconsole.SiteApi, "_user"),
}
carried_out = set()


def without_beyond(value):
    if isinstance(value, dict):
        return {name: without_beyond(inner) for name, inner in value.items() if name not in BEYOND}
    if isinstance(value, list):
        return [without_beyond(inner) for inner in value]
    return value


def misread(sent, understood, where):
    """The places where the client's understanding of an answer is not what was sent."""
    if type(sent) is not type(understood):
        yield f"{where}: {sent!r} was understood as {understood!r}"
    elif isinstance(sent, dict):
        for name in sorted(sent.keys() | understood.keys()):
            yield from misread(sent.get(name), understood.get(name), f"{where}.{name}")
    elif isinstance(sent, list) and len(sent) == len(understood):
        for number, (one, other) in enumerate(zip(sent, understood)):
            yield from misread(one, other, f"{where}[{number}]")
    elif sent != understood:
        yield f"{where}: {sent!r} was understood as {understood!r}"


class Console:
    """The client with somebody's credentials."""

    def __init__(self, login, password, ca_file=CA_FILE, token=None):
        configuration = Configuration()
        configuration.host = URL
        configuration.username = login
        configuration.password = password
        configuration.ssl_ca_cert = ca_file
        self.client = rapid7vmconsole.ApiClient(configuration)
        # The API file asks for credentials at no operation, so the client sends none by itself.
        self.client.set_default_header("Authorization", configuration.get_basic_auth_token())
        if token:
            self.client.set_default_header("Token", token)

    def _send(self, method, arguments, options):
        [api] = [api for api, methods in METHODS.items() if method in methods]
        call = getattr(getattr(rapid7vmconsole, api)(self.client), method)
        return f"{api}.{method}", call(*arguments, _request_timeout=30, **options)

    def call(self, method, *arguments, status=200, **options):
        try:
            name, answer = self._send(method, arguments, options)
        except ApiException as error:
            raise AssertionError(f"{method} was refused: {error.status} {error.body}") from error
        response = self.client.last_response
        equal(response.status, status, f"{name}: status")
        # The client casts whatever it gets: a number or an object becomes a string if a string is
        # due, and what it does not know it drops. Its own JSON of the answer shows both.
        sent = without_beyond(json.loads(response.data))
        understood = self.client.sanitize_for_serialization(answer)
        for place in misread(sent, understood, name):
            raise AssertionError(place)
        if not answer.links:
            raise AssertionError(f"{name}: no links")
        for link in answer.links:
            if not link.href.startswith(f"{URL}/api/3/"):
                raise AssertionError(f"{name}: a link to {link.href}")
        carried_out.add(name)
        return answer

    def refused(self, status, method, *arguments, **options):
        try:
            name, _ = self._send(method, arguments, options)
        except ApiException as error:
            equal(error.status, status, f"{method}: status of the refusal")
            body = json.loads(error.body)
            # A string, says the API file.
            equal(body["status"], str(status), f"{method}: status in the body")
            if not isinstance(body["message"], str) or not body["message"]:
                raise AssertionError(f"{method}: no message in {body}")
            rapid7vmconsole.Link(**body["links"][0])
            return
        raise AssertionError(f"{name} was not refused with {status}")

    def id(self, login):
        users = self.call("get_users", size=500).resources
        [found] = [user.id for user in users if user.login == login]
        return found


admin = Console(LOGIN, PASSWORD)


def edit(**members):
    """What the client demands of a POST or PUT, and more."""
    role = members.pop("role", "user")
    if isinstance(role, str):
        role = rapid7vmconsole.UserCreateRole(id=role)
    return rapid7vmconsole.UserEdit(role=role, **members)


def certificate():
    """The client trusts the console by its certificate, and without it does not."""
    try:
        Console(LOGIN, PASSWORD, ca_file=None).call("get_privilege", "manage-sites")
    except urllib3.exceptions.MaxRetryError as error:
        if not isinstance(error.reason, urllib3.exceptions.SSLError):
            raise
    else:
        raise AssertionError("the client trusts anybody")
    admin.call("get_privilege", "manage-sites")


def credentials():
    Console("nxadmin", "not this one").refused(401, "get_users")
    Console("nobody", "whatever").refused(401, "get_users")
    Console("", "").refused(401, "get_users")


def two_factor_login():
    login, password = "tokafor", "Passw0rd-tokafor"
    own = admin.id(login)
    Console(login, password).refused(401, "get_user", own)
    Console(login, password, token="654321").refused(401, "get_user", own)
    user = Console(login, password, token="123456").call("get_user", own)
    equal(user.login, login, "own account")


def not_an_administrator():
    jane = Console("jdoe", "Passw0rd-jdoe")
    own = admin.id("jdoe")
    equal(jane.call("get_user", own).login, "jdoe", "own account")
    jane.refused(404, "get_users")
    jane.refused(404, "get_user", 1)
    jane.refused(404, "get_roles")


def pages():
    first = admin.call("get_users")
    page = first.page
    got = (page.number, page.size, page.total_pages, page.total_resources)
    equal(got, (0, 10, 2, 15), "the first page")
    equal([user.id for user in first.resources], list(range(1, 11)), "the first page's users")
    equal([link.rel for link in first.links], ["first", "self", "next", "last"], "its links")
    last = admin.call("get_users", page=1)
    equal([user.id for user in last.resources], list(range(11, 16)), "the last page's users")
    equal([link.rel for link in last.links], ["first", "self", "prev", "last"], "its links")
    whole = admin.call("get_users", page=0, size=500)
    equal(len(whole.resources), 15, "all users")
    equal(whole.resources[0], first.resources[0], "a user in two pages")
    equal(admin.call("get_users", size=5000).page.size, 500, "the largest page")
    admin.refused(404, "get_users", page=2)
    admin.refused(400, "get_users", size=0)
    admin.refused(400, "get_users", page=-1)


def sorting():
    logins = [user.login for user in admin.call("get_users", size=500).resources]
    got = admin.call("get_users", size=500, sort=["login,DESC"]).resources
    equal([user.login for user in got], sorted(logins, reverse=True), "descending logins")
    got = admin.call("get_users", size=500, sort=["login"]).resources
    equal([user.login for user in got], sorted(logins), "ascending is the default")
    got = admin.call("get_users", size=3, sort=["id,asc"]).resources
    equal([user.id for user in got], [1, 2, 3], "ascending ids")
    got = admin.call("get_users", size=2, page=1, sort=["id,DESC", "login,ASC"]).resources
    equal([user.id for user in got], [13, 12], "the second page of descending ids")
    admin.refused(400, "get_users", sort=["shoeSize,ASC"])


def one_user():
    jane = admin.call("get_user", admin.id("jdoe"))
    equal((jane.login, jane.name, jane.email), ("jdoe", "Jane Doe", "jdoe@example.com"), "jdoe")
    equal((jane.enabled, jane.locked), (True, False), "jdoe's state")
    equal((jane.locale.default, jane.locale.reports), ("en-US", "fr-FR"), "jdoe's languages")
    role = jane.role
    equal((role.id, role.name, role.superuser), ("user", "User", False), "jdoe's role")
    equal((role.all_sites, role.all_asset_groups), (False, False), "jdoe's flags")
    equal(role.privileges, ["view-site-asset-data", "create-reports"], "jdoe's privileges")
    source = jane.authentication
    got = (source.id, source.type, source.name, source.external)
    equal(got, (1, "normal", "Builtin Users", False), "jdoe's authentication source")
    [link] = source.links
    equal(link.href, f"{URL}/api/3/authentication_sources/1", "the source's link")
    administrator = admin.call("get_user", admin.id("nxadmin"))
    role = administrator.role
    got = (role.id, role.superuser, role.all_sites, role.all_asset_groups)
    equal(got, ("global-admin", True, True, True), "nxadmin's role")
    equal(administrator.authentication.type, "admin", "nxadmin's authentication")
    equal(admin.call("get_user", admin.id("soneill")).email, None, "nobody's email")
    equal(admin.call("get_user", admin.id("y.tanaka")).name, "由紀 田中", "a name in full")
    admin.refused(404, "get_user", NOT_THERE)


def roles():
    listed = admin.call("get_roles").resources
    ids = ["asset-owner", "auditor", "global-admin", "security-manager", "site-admin"]
    equal([role.id for role in listed], [*ids, "system-admin", "user"], "roles")
    user = admin.call("get_role", "user")
    equal(user, listed[-1], "a role alone and in the list")
    equal(user.name, "User", "the role's name")
    equal(user.privileges, ["view-site-asset-data", "create-reports"], "its privileges")
    if not user.description:
        raise AssertionError("a role without description")
    equal(admin.call("get_role_users", "global-admin").resources, [1, 2], "administrators")
    admin.refused(404, "get_role", "king")
    admin.refused(404, "get_role_users", "king")


def privileges():
    listed = admin.call("get_privileges").resources
    equal((len(listed), listed[0]), (35, "all-permissions"), "privileges")
    for name in listed:
        [link] = admin.call("get_privilege", name).links
        equal((link.href, link.rel), (f"{URL}/api/3/privileges/{name}", "self"), name)
    got = admin.call("get_users_with_privilege", "manage-sites").resources
    equal(got, [1, 2, admin.id("knguyen")], "users with manage-sites")
    got = admin.call("get_users_with_privilege", "configure-global-settings").resources
    equal(got, [1, 2, admin.id("ohaddad")], "users with configure-global-settings")
    got = admin.call("get_user_privileges", admin.id("knguyen")).resources
    equal(got, ["manage-sites", "view-site-asset-data", "create-reports"], "knguyen's privileges")
    equal(admin.call("get_user_privileges", 1).resources, listed, "an administrator's privileges")
    admin.refused(404, "get_privilege", "fly")
    admin.refused(404, "get_users_with_privilege", "fly")
    admin.refused(404, "get_user_privileges", NOT_THERE)


def authentication_sources():
    listed = admin.call("get_authentication_sources").resources
    got = [(source.id, source.type, source.external) for source in listed]
    expected = [(1, "normal", False), (2, "admin", False), (3, "ldap", True), (4, "saml", True)]
    equal(got, expected, "sources")
    equal(admin.call("get_authentication_source", 3), listed[2], "a source alone and in the list")
    equal(listed[2].name, "Corporate Directory", "its name")
    got = admin.call("get_authentication_source_users", 4).resources
    equal(got, [admin.id("y.tanaka")], "users of single sign-on")
    equal(admin.call("get_authentication_source_users", 2).resources, [1, 2], "administrators")
    admin.refused(404, "get_authentication_source", 9)
    admin.refused(404, "get_authentication_source_users", 9)


def create():
    created = admin.call(
        "create_user",
        status=201,
        user=edit(
            login="jsmith",
            name="John Smith",
            email="jsmith@example.com",
            password="S3cur3!pass",
            password_reset_on_login=True,
            authentication=rapid7vmconsole.CreateAuthenticationSource(type="normal"),
            locale=rapid7vmconsole.LocalePreferences(default="de-DE", reports="en-GB"),
        ),
    )
    equal(created.id, 16, "the next free id")
    john = admin.call("get_user", created.id)
    equal(created.links, john.links, "links to what was created")
    equal((john.id, john.login, john.name), (16, "jsmith", "John Smith"), "jsmith")
    equal(john.email, "jsmith@example.com", "jsmith's email")
    equal((john.enabled, john.locked), (True, False), "a new account is enabled")
    equal((john.role.id, john.role.superuser), ("user", False), "jsmith's role")
    equal((john.role.all_sites, john.role.all_asset_groups), (False, False), "flags are off")
    equal(john.authentication.id, 1, "a source of the type is chosen")
    equal((john.locale.default, john.locale.reports), ("de-DE", "en-GB"), "jsmith's languages")
    equal(admin.call("get_user_sites", 16).resources, [], "jsmith's sites")

    def bad(**members):
        wanted = {"login": "bad", "name": "Bad", "password": "long enough", **members}
        admin.refused(400, "create_user", user=edit(**wanted))

    bad(login="JSMITH")
    bad(login=" ")
    bad(password="short")
    bad(role="king")
    bad(authentication=rapid7vmconsole.CreateAuthenticationSource(type="carrier-pigeon"))
    bad(authentication=rapid7vmconsole.CreateAuthenticationSource(type="ldap", id=4))
    admin.refused(400, "create_user", user={"login": "bad", "name": "Bad", "role": {"id": "user"}})
    admin.refused(400, "create_user", user=["bad"])
    # Without a body there is nothing to create.
    admin.refused(400, "create_user")
    equal(admin.call("get_users").page.total_resources, 16, "users after the refusals")


def update():
    """A PUT replaces the whole user, and drops what was granted one by one."""
    admin.call("set_user_sites", 16, site_ids=[1, 2])
    admin.call("set_user_asset_groups", 16, asset_group_ids=[3])
    links = admin.call(
        "update_user",
        16,
        user=edit(
            login="jsmith",
            name="John Q. Smith",
            password="S3cur3!pass",
            enabled=False,
            role=rapid7vmconsole.UserCreateRole(
                id="security-manager", all_sites=True, all_asset_groups=True, superuser=True
            ),
        ),
    ).links
    john = admin.call("get_user", 16)
    equal(links, john.links, "links to what was updated")
    equal((john.name, john.enabled), ("John Q. Smith", False), "what was sent")
    equal((john.email, john.locale), (None, None), "what was not sent")
    role = john.role
    got = (role.id, role.name, role.superuser, role.all_sites, role.all_asset_groups)
    equal(got, ("security-manager", "Security Manager", True, True, True), "the new role")
    changed = edit(login="jsmith", name="John Smith", password="S3cur3!pass", email="j@example.com")
    admin.call("update_user", 16, user=changed)
    john = admin.call("get_user", 16)
    equal((john.enabled, john.email), (True, "j@example.com"), "enabled is the default")
    equal((john.role.id, john.role.all_sites), ("user", False), "flags are off again")
    equal(admin.call("get_user_sites", 16).resources, [], "sites are gone")
    equal(admin.call("get_user_asset_groups", 16).resources, [], "asset groups are gone")
    admin.refused(404, "update_user", NOT_THERE, user=changed)
    taken = edit(login="jdoe", name="John Smith", password="S3cur3!pass")
    admin.refused(400, "update_user", 16, user=taken)
    equal(admin.call("get_user", 16), john, "jsmith after the refusals")


def grants(add, get, remove, remove_all, replace, body):
    """Sites and asset groups are granted alike."""
    john = 16

    def granted():
        return admin.call(get, john).resources

    equal(granted(), [], "at first")
    admin.call(replace, john, **{body: [4, 2, 2]})
    equal(granted(), [2, 4], "set")
    for _ in range(2):
        admin.call(add, john, 5)
        equal(granted(), [2, 4, 5], "added")
    for _ in range(2):
        admin.call(remove, john, 2)
        equal(granted(), [4, 5], "removed")
    admin.call(replace, john, **{body: [1]})
    equal(granted(), [1], "set again")
    admin.refused(400, replace, john, **{body: [1, NOT_THERE]})
    admin.refused(400, replace, john, **{body: ["1"]})
    admin.refused(400, replace, john, **{body: {"ids": [1]}})
    admin.refused(404, add, john, NOT_THERE)
    admin.refused(404, remove, john, NOT_THERE)
    for method in (get, remove_all):
        admin.refused(404, method, NOT_THERE)
    for method in (add, remove):
        admin.refused(404, method, NOT_THERE, 1)
    admin.refused(404, replace, NOT_THERE, **{body: [1]})
    equal(granted(), [1], "after the refusals")
    admin.call(remove_all, john)
    equal(granted(), [], "cleared")
    admin.call(replace, john, **{body: [1, 2, 3]})
    admin.call(replace, john, **{body: []})
    equal(granted(), [], "set to none")
    admin.call(replace, john, **{body: [3]})

    everywhere = admin.id("mkowalska")
    admin.call(replace, everywhere, **{body: [1]})
    admin.call(add, everywhere, 2)
    equal(admin.call(get, everywhere).resources, [], "ignored for who sees all")


def sites():
    methods = ["add_user_site", "get_user_sites", "remove_user_site", "remove_all_user_sites"]
    grants(*methods, "set_user_sites", "site_ids")
    jane = admin.id("jdoe")
    equal(admin.call("get_user_sites", jane).resources, [1, 2, 4], "jdoe's sites")


def asset_groups():
    methods = ["add_user_asset_group", "get_user_asset_groups", "remove_user_asset_group"]
    methods += ["remove_all_user_asset_groups", "set_user_asset_groups"]
    grants(*methods, "asset_group_ids")
    jane = admin.id("jdoe")
    equal(admin.call("get_user_asset_groups", jane).resources, [1, 3], "jdoe's asset groups")


def site_users():
    """The same grants, by site. Site 7 is that of asmith2."""
    everywhere = ["mkowalska", "knguyen", "audit1"]

    def users(*others):
        got = admin.call("get_site_users", 7).resources
        equal({user.login for user in got}, {*everywhere, *others}, "users of the site")
        return got

    asmith2, john = admin.id("asmith2"), 16
    [twin] = [user for user in users("asmith2") if user.login == "asmith2"]
    equal(twin, admin.call("get_user", asmith2), "a user alone and by site")
    added = admin.call("add_site_user", 7, status=201, param0=john)
    equal(added.id, john, "who was added")
    users("asmith2", "jsmith")
    equal(admin.call("get_user_sites", john).resources, [3, 7], "jsmith's sites")
    admin.call("remove_site_user", 7, asmith2)
    users("jsmith")
    equal(admin.call("get_user_sites", asmith2).resources, [], "asmith2's sites")
    admin.call("set_site_users", 7, users=[asmith2])
    users("asmith2")
    equal(admin.call("get_user_sites", john).resources, [3], "jsmith's sites")
    admin.refused(400, "add_site_user", 7, param0=NOT_THERE)
    admin.refused(400, "add_site_user", 7, param0=1)
    admin.refused(400, "set_site_users", 7, users=[NOT_THERE])
    admin.refused(404, "get_site_users", NOT_THERE)
    admin.refused(404, "set_site_users", NOT_THERE, users=[])
    admin.refused(404, "remove_site_user", 7, NOT_THERE)
    admin.refused(404, "remove_site_user", NOT_THERE, john)
    users("asmith2")


def unlock():
    rosa = admin.id("rmartinez")
    own = Console("rmartinez", "Passw0rd-rmartinez")
    own.refused(401, "get_user", rosa)
    equal(admin.call("get_user", rosa).locked, True, "before")
    for _ in range(2):
        admin.call("unlock_user", rosa)
        equal(admin.call("get_user", rosa).locked, False, "after")
    equal(own.call("get_user", rosa).login, "rmartinez", "own account")
    admin.refused(400, "unlock_user", admin.id("ext.pentest"))
    admin.refused(404, "unlock_user", NOT_THERE)


def password():
    """Everybody's own, and nobody else's."""
    john = Console("jsmith", "S3cur3!pass")
    admin.refused(400, "reset_password", 16, password="N3w-password")
    john.refused(404, "reset_password", 1, password="N3w-password")
    john.refused(400, "reset_password", 16, password="short")
    john.call("reset_password", 16, password="N3w-password")
    john.refused(401, "get_user", 16)
    equal(Console("jsmith", "N3w-password").call("get_user", 16).login, "jsmith", "own account")


def two_factor_key():
    admin.refused(404, "get_two_factor_authentication_key", 16)
    made = admin.call("regenerate_two_factor_authentication", 16).key
    equal(admin.call("get_two_factor_authentication_key", 16).key, made, "the key that was made")
    again = admin.call("regenerate_two_factor_authentication", 16).key
    if again == made:
        raise AssertionError("the key is the same again")
    admin.call("set_two_factor_authentication", 16, token="JBSWY3DPEHPK3PXP")
    key = admin.call("get_two_factor_authentication_key", 16).key
    equal(key, "JBSWY3DPEHPK3PXP", "the key that was set")
    admin.refused(404, "get_two_factor_authentication_key", NOT_THERE)
    admin.refused(404, "regenerate_two_factor_authentication", NOT_THERE)
    admin.refused(404, "set_two_factor_authentication", NOT_THERE, token="JBSWY3DPEHPK3PXP")


def role_update():
    auditor = admin.call("get_role", "auditor")
    body = rapid7vmconsole.Role(
        id="auditor",
        name="Internal Audit",
        description="Reads and approves.",
        privileges=["create-reports", "manage-policies"],
    )
    admin.call("update_role", "auditor", role=body)
    changed = admin.call("get_role", "auditor")
    equal((changed.name, changed.description), ("Internal Audit", "Reads and approves."), "role")
    equal(changed.privileges, body.privileges, "its privileges")
    equal(changed.links, auditor.links, "its links")
    audit1 = admin.id("audit1")
    got = admin.call("get_user_privileges", audit1).resources
    equal(got, body.privileges, "the privileges of who has the role")
    equal(admin.call("get_user", audit1).role.name, "Internal Audit", "the user's role")
    got = admin.call("get_users_with_privilege", "manage-policies").resources
    equal(got, [1, 2, audit1], "users with manage-policies")
    admin.refused(404, "update_role", "king", role=body)
    admin.refused(400, "update_role", "user", role=body)
    for bad in ({"privileges": ["fly"]}, {"privileges": "create-reports"}, {"name": None}):
        whole = {"id": "auditor", "name": "Auditor", "description": "", **bad}
        admin.refused(400, "update_role", "auditor", role=whole)
    equal(admin.call("get_role", "auditor"), changed, "the role after the refusals")


def role_deletion():
    audit1 = admin.id("audit1")
    admin.refused(404, "delete_role", "king")
    admin.refused(400, "delete_role", "system-admin")
    admin.refused(400, "delete_role", "auditor")
    moved = edit(login="audit1", name="Audit Team One", password="Passw0rd-audit1")
    admin.call("update_user", audit1, user=moved)
    admin.call("delete_role", "auditor")
    admin.refused(404, "get_role", "auditor")
    ids = [role.id for role in admin.call("get_roles").resources]
    if "auditor" in ids:
        raise AssertionError("the role is still listed")


def deletion():
    contractor = admin.id("ext.pentest")
    admin.call("delete_user", contractor)
    admin.refused(404, "get_user", contractor)
    admin.refused(404, "delete_user", contractor)
    users = admin.call("get_users", size=500)
    equal(users.page.total_resources, 15, "users that are left")
    if contractor in [user.id for user in users.resources]:
        raise AssertionError("the user is still listed")


STEPS = [
    certificate,
    credentials,
    two_factor_login,
    not_an_administrator,
    pages,
    sorting,
    one_user,
    roles,
    privileges,
    authentication_sources,
    create,
    update,
    sites,
    asset_groups,
    site_users,
    unlock,
    password,
    two_factor_key,
    role_update,
    role_deletion,
    deletion,
]


def main():
    for step in STEPS:
        try:
            step()
        except AssertionError as error:
            sys.exit(f"{step.__name__}: {error}")
        except Exception as error:
            # The traceback follows; this says in which step.
            print(f"{step.__name__}: {type(error).__name__}", file=sys.stderr)
            raise
        print(json.dumps({"step": step.__name__}), flush=True)
    known = {f"{api}.{method}" for api, methods in METHODS.items() for method in methods}
    left_out = sorted(known - carried_out)
    print(json.dumps({"carried_out": sorted(carried_out), "left_out": left_out}))


main()
