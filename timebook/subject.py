class AppointmentSubject:
    type = "appointment"
