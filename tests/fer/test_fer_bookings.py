"""The portal books through an independent SOAP client, on a socket: the rules S1.1 to S1.9 by number."""

from tests.builders import Clinic
from tests.fer.conftest import MO_ID, MO_OID, a_hospital, an_applicant


def test_a_whole_visit_to_the_portal_on_both_databases(open_portal, database):
    portal = open_portal(database.url, Clinic(database.new_work))
    anna = a_hospital(portal.clinic)

    known = portal.identify(anna, an_applicant())
    organisations = portal.ask("GetMOInfoExtended").MO_List.MO
    posts = portal.ask("GetServicePostSpecsInfo", MO_Id=organisations[0].MO_Id).Service_Post_Specs.Post
    resource = portal.resources(posts[0].Post_Id).MO_Available[0].Resource_Available.Resource[0]
    slots = portal.schedule(resource.Specialist.SNILS).Schedule.Slots
    booked = portal.book(slots[1].Slot_Id)
    told = portal.ask("ReferralAppointmentInformation", Book_Id_Mis=booked.Book_Id_Mis).Appointments.Appointment[0]
    cancelled = portal.cancel(booked.Book_Id_Mis)
    after = portal.ask("ReferralAppointmentInformation", Book_Id_Mis=booked.Book_Id_Mis).Appointments.Appointment[0]

    assert known.Patient_Id
    assert (organisations[0].MO_Id, organisations[0].MO_OID) == (MO_ID, MO_OID)
    assert [(post.Post_Id, post.Post_Name) for post in posts] == [("110", "терапевт участковый")]
    assert (resource.Specialist.Last_Name, len(resource.Available_Dates.Available_Date)) == ("Градусова", 1)
    assert [slot.VisitTime.isoformat() for slot in slots][1] == "2026-04-28T10:00:00+03:00"
    assert (booked.Status.Status_Code, booked.Slot_Id, booked.Room) == ("SUCCESS", slots[1].Slot_Id, "21")
    assert (told.Appointment_Status, cancelled.Status_Code, after.Appointment_Status) == (
        "RECORDED",
        "SUCCESS",
        "CANCELED",
    )
