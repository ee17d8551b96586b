"""What only beta has, with the typed models of msgraph-beta-sdk: profiles and their assignments, settings, identifiers."""

import asyncio

from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph_beta.generated.device_management.imported_device_identities.import_device_identity_list import (
    import_device_identity_list_post_request_body as import_list,
)
from msgraph_beta.generated.device_management.windows_autopilot_device_identities.item import (
    windows_autopilot_device_identity_item_request_builder as item,
)
from msgraph_beta.generated.models.all_devices_assignment_target import AllDevicesAssignmentTarget
from msgraph_beta.generated.models.azure_a_d_windows_autopilot_deployment_profile import (
    AzureADWindowsAutopilotDeploymentProfile,
)
from msgraph_beta.generated.models.imported_device_identity import ImportedDeviceIdentity
from msgraph_beta.generated.models.imported_device_identity_type import ImportedDeviceIdentityType
from msgraph_beta.generated.models.out_of_box_experience_setting import OutOfBoxExperienceSetting
from msgraph_beta.generated.models.windows_autopilot_deployment_profile_assignment import (
    WindowsAutopilotDeploymentProfileAssignment,
)
from msgraph_beta.generated.models.windows_autopilot_device_type import WindowsAutopilotDeviceType
from msgraph_beta.generated.models.windows_device_usage_type import WindowsDeviceUsageType
from msgraph_beta.generated.models.windows_user_type import WindowsUserType

from steps import PAUSE


async def profile(management, device):
    """A profile for all devices, until the device has it; then it goes."""
    profiles = management.windows_autopilot_deployment_profiles
    experience = OutOfBoxExperienceSetting(
        privacy_settings_hidden=True,
        eula_hidden=True,
        user_type=WindowsUserType.Standard,
        device_usage_type=WindowsDeviceUsageType.SingleUser,
        keyboard_selection_page_skipped=True,
        escape_link_hidden=True,
    )
    sent = AzureADWindowsAutopilotDeploymentProfile(
        display_name="Shop floor",
        locale="os-default",
        device_type=WindowsAutopilotDeviceType.WindowsPc,
        hardware_hash_extraction_enabled=True,
        out_of_box_experience_setting=experience,
        role_scope_tag_ids=["0"],
    )
    made = await profiles.post(sent)
    assert isinstance(made, AzureADWindowsAutopilotDeploymentProfile), type(made)
    one = profiles.by_windows_autopilot_deployment_profile_id(made.id)
    read = await one.get()
    assert read.out_of_box_experience_setting.user_type == WindowsUserType.Standard, read
    target = WindowsAutopilotDeploymentProfileAssignment(target=AllDevicesAssignmentTarget())
    assignment = await one.assignments.post(target)
    assert isinstance(assignment.target, AllDevicesAssignmentTarget), assignment
    [listed] = (await profiles.get()).value
    assert isinstance(listed, AzureADWindowsAutopilotDeploymentProfile), listed
    query = item.WindowsAutopilotDeviceIdentityItemRequestBuilder.WindowsAutopilotDeviceIdentityItemRequestBuilderGetQueryParameters
    expanded = RequestConfiguration(query_parameters=query(expand=["deploymentProfile", "intendedDeploymentProfile"]))
    found = await device.get(expanded)
    while not found.deployment_profile_assignment_status.value.startswith("assigned"):
        await asyncio.sleep(PAUSE)
        found = await device.get(expanded)
    assert found.deployment_profile.id == made.id and found.intended_deployment_profile.id == made.id, found
    assert isinstance(found.deployment_profile, AzureADWindowsAutopilotDeploymentProfile), found
    assert (await device.deployment_profile.get()).id == made.id
    assert len((await one.assigned_devices.get()).value) == 3
    made.description = "For tills"
    assert (await one.patch(made)).description == "For tills"
    await one.assignments.by_windows_autopilot_deployment_profile_assignment_id(assignment.id).delete()
    await one.delete()
    assert (await profiles.get()).value == []
    return found.deployment_profile_assignment_status.value


async def settings(management):
    """Synchronised, and waited for."""
    one = management.windows_autopilot_settings
    await one.sync.post()
    found = await one.get()
    while found.sync_status.value == "inProgress":
        await asyncio.sleep(PAUSE)
        found = await one.get()
    assert found.sync_status.value == "completed" and found.last_sync_date_time.year > 1, found
    return found.sync_status.value


async def identifiers(management):
    """A list of two, searched for, one of them changed, both deleted."""
    every = management.imported_device_identities
    kind = ImportedDeviceIdentityType.ManufacturerModelSerial
    sent = [
        ImportedDeviceIdentity(imported_device_identity_type=kind, imported_device_identifier=f"Contoso,Slate 7,CI-{n}")
        for n in range(2)
    ]
    body = import_list.ImportDeviceIdentityListPostRequestBody(
        imported_device_identities=sent, overwrite_imported_device_identities=False
    )
    made = (await every.import_device_identity_list.post(body)).value
    assert [found.status for found in made] == [True, True], made
    assert all(found.imported_device_identity_type == kind for found in made), made
    one = every.by_imported_device_identity_id(made[0].id)
    assert (await one.patch(ImportedDeviceIdentity(description="Till"))).description == "Till"
    for found in made:
        await every.by_imported_device_identity_id(found.id).delete()
    try:
        await one.get()
    except APIError as error:
        assert error.response_status_code == 404, error
    else:
        raise AssertionError("it is still there")
    return "2 taken, deleted"
