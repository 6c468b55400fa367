/// Common words that tasks are made of.
enum WordLists {
  /// Cities, of which a needle names one.
  static let cities = words(
    """
    Lisbon Oslo Vienna Warsaw Dublin Athens Prague Budapest Helsinki Madrid Toronto Chicago
    Boston Seattle Denver Houston Atlanta Montreal Havana Lima Bogota Quito Santiago Caracas
    Nairobi Cairo Tunis Lagos Accra Dakar Durban Harare Mumbai Delhi Karachi Dhaka Bangkok
    Manila Jakarta Hanoi Seoul Tokyo Osaka Beijing Shanghai Taipei Sydney Perth Auckland
    Istanbul Ankara Tehran Baghdad Riyadh Doha Kiev Minsk Riga Tallinn Bucharest
    """)

  /// First names of a phone book.
  static let firstNames = words(
    """
    James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara
    Richard Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy
    Matthew Betty Anthony Margaret Mark Sandra Donald Ashley Steven Kimberly Paul Emily Andrew
    Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Melissa George Deborah Timothy
    Stephanie Ronald Rebecca Edward Laura Jason Sharon Jeffrey Cynthia Ryan Kathleen Jacob Amy
    Gary Angela Nicholas Shirley Eric Anna Jonathan Brenda Stephen Pamela Larry Emma Justin
    Nicole Scott Helen Brandon Samantha Benjamin Katherine Samuel Christine Gregory Debra
    Alexander Rachel Patrick Carolyn Frank Janet Raymond Maria Jack Catherine Dennis Heather
    Jerry Diane
    """)

  /// Family names of a phone book.
  static let familyNames = words(
    """
    Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez
    Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris
    Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill
    Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips
    Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook
    Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward
    Richardson Watson Brooks Chavez Wood Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo
    Sanders Patel Myers Long Ross Foster Jimenez Powell
    """)

  /// Adjectives of lines' names.
  static let adjectives = words(
    """
    able ancient angry basic bitter blue bold brave brief bright broad calm careful cheap clean
    clear clever cold common cool curious dark deep dry dull dusty eager early easy empty faint
    fair famous fast final fine firm flat fresh full gentle giant glad gold grand gray great
    green happy hard heavy hidden high hollow honest hot huge humble icy idle kind large late
    lazy light little lively long loud low lucky mild modern narrow neat new noisy odd old open
    orange pale plain polite proud quick quiet rare ready red rich ripe rough round royal sharp
    short shy silent silver simple slow small smooth soft solid spare
    """)

  /// Nouns of lines' names.
  static let nouns = words(
    """
    anchor apple arrow badge basket beach bell bird blanket boat book bottle bread bridge brush
    bucket butter button cabin camel candle canvas carpet castle chair cherry circle clock cloud
    coat copper corner cotton cradle crown curtain desert diamond dollar door dragon drum eagle
    engine feather fence field finger flag flower forest fountain garden gate glass glove guitar
    hammer harbor hat helmet hill honey horse house island jacket kettle key king kitchen ladder
    lake lamp leaf lemon letter lion market mirror monkey moon mountain needle ocean onion
    orchard owl paper pencil pepper piano pillow planet pocket rabbit river rocket saddle sailor
    shadow
    """)

  private static func words(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
